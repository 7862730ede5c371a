import CPostgres

extension PostgresConnection {
    /// Copies rows into a table in binary form and returns how many the server stored.
    ///
    /// `table` is a name as written in SQL (`schema.table`), `columns` plain names. The types of the columns must be
    /// exactly those written: binary COPY converts nothing. An error thrown from `body` cancels the COPY, and with it
    /// the transaction it is in. At most about `flushBytes` plus one row are held in memory.
    public mutating func copy(
        into table: String,
        columns: [String],
        flushBytes: Int = 1 << 18,
        _ body: (inout BinaryCopyWriter) throws(PostgresError) -> Void
    ) throws(PostgresError) -> Int {
        guard (1...1600).contains(columns.count) else {
            throw PostgresError.misuse("COPY needs 1 to 1600 columns, not \(columns.count)")
        }
        var names: [String] = []
        for column in columns { names.append(try quotedIdentifier(column)) }
        try startCopy("COPY \(table) (\(names.joined(separator: ", "))) FROM STDIN (FORMAT binary)")
        var writer = BinaryCopyWriter(handle: handle, columnCount: columns.count, flushBytes: flushBytes)
        do throws(PostgresError) {
            try body(&writer)
            try writer.end()
        } catch {
            throw cancelCopy(because: error)
        }
        guard PQputCopyEnd(handle, nil) == 1 else { throw connectionError() }
        return try copyAnswer()
    }

    private mutating func startCopy(_ sql: String) throws(PostgresError) {
        guard let result = PQexec(handle, sql) else { throw connectionError() }
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COPY_IN else {
            throw ResultError.read(result, connectionLost: !isOpen)
        }
    }

    /// Ends the COPY without its rows. Where the connection broke because the server had refused the rows, the server's
    /// reason is the better answer.
    private func cancelCopy(because cause: PostgresError) -> PostgresError {
        _ = PQputCopyEnd(handle, "cancelled by the writer")
        do throws(PostgresError) {
            _ = try copyAnswer()
        } catch {
            let serverSaidMore = cause.connectionLost && error.sqlState != nil
            return serverSaidMore ? error : cause
        }
        return cause
    }

    private func copyAnswer() throws(PostgresError) -> Int {
        var failure: PostgresError?
        var rowCount = 0
        var answers = 0
        while let result = PQgetResult(handle) {
            answers += 1
            if PQresultStatus(result) == PGRES_COMMAND_OK {
                rowCount = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
            } else if failure == nil {
                failure = ResultError.read(result, connectionLost: !isOpen)
            }
            PQclear(result)
        }
        if let failure { throw failure }
        guard answers > 0 else { throw connectionError() }
        return rowCount
    }
}
