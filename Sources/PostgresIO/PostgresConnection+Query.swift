import CPostgres

extension PostgresConnection {
    /// Runs one statement with parameters `$1`, `$2`, … in binary form.
    public mutating func query(
        _ sql: String,
        _ parameters: [PostgresParameter] = []
    ) throws(PostgresError) -> PostgresRows {
        let result = EncodedParameters(parameters).with { count, types, values, lengths, formats in
            PQexecParams(handle, sql, count, types, values, lengths, formats, 1)
        }
        return try answer(result)
    }

    /// Runs one statement that is prepared once per connection and kept under its text and parameter types.
    ///
    /// When a table behind it changed shape, it is prepared anew; inside a transaction that has failed by then, so the
    /// error is `.redo`.
    public mutating func queryPrepared(
        _ sql: String,
        _ parameters: [PostgresParameter] = []
    ) throws(PostgresError) -> PostgresRows {
        let key = PreparedStatementCache.Key(sql: sql, typeIDs: parameters.map(\.typeID))
        let wasInTransaction = isInTransaction
        let failure: PostgresError
        do throws(PostgresError) {
            return try runPrepared(key, parameters)
        } catch {
            guard error.cachedPlanStale else { throw error }
            failure = error
        }
        let name = statements.remove(key)
        if wasInTransaction { throw failure }
        if let name { try deallocate(name) }
        return try runPrepared(key, parameters)
    }

    private mutating func runPrepared(
        _ key: PreparedStatementCache.Key,
        _ parameters: [PostgresParameter]
    ) throws(PostgresError) -> PostgresRows {
        let name = try prepare(key)
        let result = EncodedParameters(parameters).with { count, _, values, lengths, formats in
            PQexecPrepared(handle, name, count, values, lengths, formats, 1)
        }
        return try answer(result)
    }

    private mutating func prepare(_ key: PreparedStatementCache.Key) throws(PostgresError) -> String {
        if let name = statements.name(of: key) { return name }
        if let old = statements.makeRoom() { try deallocate(old) }
        let name = statements.newName()
        let rows = try answer(PQprepare(handle, name, key.sql, Int32(key.typeIDs.count), key.typeIDs))
        _ = consume rows
        statements.insert(key, name: name)
        return name
    }

    private mutating func deallocate(_ name: String) throws(PostgresError) {
        do throws(PostgresError) {
            try execute("DEALLOCATE \(name)")
        } catch {
            // Behind a pooler the statement may be gone with its session, which is what was wanted.
            guard error.sqlState?.code == "26000" else { throw error }
        }
    }
}

/// Parameters in one buffer with the arrays of addresses and lengths libpq wants.
private struct EncodedParameters: ~Copyable {
    private var buffer = WireBuffer()
    private var types: [UInt32] = []
    private var lengths: [Int32] = []
    private var offsets: [Int?] = []

    init(_ parameters: [PostgresParameter]) {
        for parameter in parameters {
            let start = buffer.count
            parameter.append(to: &buffer)
            types.append(parameter.typeID)
            lengths.append(Int32(clamping: buffer.count - start))
            offsets.append(parameter == .null ? nil : start)
        }
        // A value of no bytes at the end still needs an address: a null address means NULL.
        buffer.append(UInt8(0))
    }

    consuming func with(
        _ body: (
            Int32, [UInt32], [UnsafePointer<CChar>?], [Int32], [Int32]
        ) -> OpaquePointer?
    ) -> OpaquePointer? {
        let formats = [Int32](repeating: 1, count: types.count)
        return buffer.withBytes { bytes in
            let values = offsets.map { offset in
                offset.flatMap { bytes.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
                    .map { UnsafePointer($0) }
            }
            return body(Int32(types.count), types, values, lengths, formats)
        }
    }
}
