import HTTPServing
import HTTPTypes
import Logging
import PostgresIO
import Telemetry

/// The read model as the API sees it: views, through a bounded pool of read-only connections.
struct ReadModel: Sendable {
    private let pool: PostgresPool
    private let logger: Logger

    init(_ configuration: QueryAPIConfiguration, logger: Logger) throws(PostgresError) {
        let limits = configuration.limits
        let options = PostgresConnectionOptions(
            url: configuration.databaseURL,
            applicationName: "meterlog-api",
            connectTimeoutMilliseconds: limits.databaseWaitMilliseconds,
            statementTimeoutMilliseconds: limits.queryMilliseconds,
            lockTimeoutMilliseconds: limits.queryMilliseconds,
            isReadOnly: true
        )
        let poolLimits = PostgresPoolLimits(
            connections: limits.databaseConnections,
            waiting: limits.concurrentRequests,
            waitMilliseconds: limits.databaseWaitMilliseconds
        )
        pool = try PostgresPool(options, limits: poolLimits)
        self.logger = logger
    }

    func close() {
        pool.close()
    }

    /// A page of rows. Throws 404 where the path names a meter that nobody has heard of.
    func page(_ request: PageRequest) async throws(ProblemDocument) -> Page {
        let statement = PageStatement(request)
        let page: Page? = try await ask { connection throws(PostgresError) in
            let page = try Page(connection.query(statement.sql, statement.parameters), for: request)
            guard page.rowCount == 0, let meter = request.meter else { return page }
            return try Self.isKnown(meter, connection: &connection) ? page : nil
        }
        guard let page else { throw Self.unknownMeter() }
        return page
    }

    /// A meter with its channels and, where there is one, its registration, as JSON.
    func meter(_ id: String) async throws(ProblemDocument) -> [UInt8] {
        let body: [UInt8]? = try await ask { connection throws(PostgresError) in
            try MeterDocument.json(id, &connection)
        }
        guard let body else { throw Self.unknownMeter() }
        return body
    }

    /// What became of a payload, as JSON.
    func payload(_ id: String, source: String?) async throws(ProblemDocument) -> [UInt8] {
        let body: [UInt8]? = try await ask { connection throws(PostgresError) in
            try PayloadAccount.read(id, source: source, &connection)?.json
        }
        guard let body else {
            throw ProblemDocument(
                .notFound,
                kind: "unknown-payload",
                title: "There is no such payload",
                detail: "no payload with this key or at this place was read yet; /api/v1/payloads lists those that were"
            )
        }
        return body
    }

    /// What the database says of itself and of the projections.
    func status() async throws(ProblemDocument) -> ReadModelStatus {
        try await ask { connection throws(PostgresError) in
            try ReadModelStatus(connection: &connection)
        }
    }

    private static func isKnown(
        _ meter: String,
        connection: inout PostgresConnection
    ) throws(PostgresError) -> Bool {
        let rows = try connection.query(
            """
            SELECT EXISTS (SELECT FROM meters WHERE meter_id = $1)
                OR EXISTS (SELECT FROM meter_registry WHERE meter_id = $1)
                OR EXISTS (SELECT FROM register_reads WHERE meter_id = $1)
            """,
            [.text(meter)]
        )
        return try rows.bool(0, 0)
    }

    private func ask<Value: Sendable>(
        _ body: @escaping @Sendable (inout PostgresConnection) throws(PostgresError) -> Value
    ) async throws(ProblemDocument) -> Value {
        do throws(PostgresPoolError) {
            return try await pool.withConnection(body)
        } catch {
            throw problem(error)
        }
    }

    private func problem(_ error: PostgresPoolError) -> ProblemDocument {
        switch error {
        case .busy, .cancelled, .closed:
            return DatabaseProblem.unavailable(
                "busy",
                "all connections to the database are in use; try again",
                seconds: 1
            )
        case .database(let cause):
            logger.warning(
                "query failed",
                metadata: ["code": "\(ErrorCode.queryFailed)", "error": "\(cause)"]
            )
            return DatabaseProblem.document(for: cause)
        }
    }

    private static func unknownMeter() -> ProblemDocument {
        ProblemDocument(
            .notFound,
            kind: "unknown-meter",
            title: "There is no such meter",
            detail: "no reading and no registration of this meter has arrived; /api/v1/meters lists those that have"
        )
    }
}
