import CPostgres

/// Reads the fields of an error or a notice out of a libpq result.
enum ResultError {
    static func read(_ result: OpaquePointer, connectionLost: Bool) -> PostgresError {
        let state = field(result, .sqlState).flatMap { SQLState($0) }
        // A plan cached for a statement is refused when a table behind it changed; only the function that raises it
        // tells this from other unsupported features.
        let cachedPlanStale =
            state?.code == "26000"
            || state?.code == "0A000"
                && field(result, .sourceFunction) == "RevalidateCachedQuery"
        let reaction = cachedPlanStale ? PostgresError.Reaction.redo : state?.reaction
        let message = field(result, .primaryMessage) ?? wholeMessage(result)
        return PostgresError(
            reaction: reaction ?? (connectionLost ? .retry : .fatal),
            sqlState: state,
            message: message,
            detail: field(result, .detail),
            hint: field(result, .hint),
            context: field(result, .context),
            schema: field(result, .schema),
            table: field(result, .table),
            column: field(result, .column),
            constraint: field(result, .constraint),
            connectionLost: connectionLost,
            cachedPlanStale: cachedPlanStale
        )
    }

    static func notice(_ result: OpaquePointer) -> PostgresNotice {
        PostgresNotice(
            severity: field(result, .severity) ?? "NOTICE",
            sqlState: field(result, .sqlState).flatMap { SQLState($0) },
            message: field(result, .primaryMessage) ?? wholeMessage(result)
        )
    }

    /// The `PG_DIAG_…` characters of `postgres_ext.h`, which Swift does not import.
    private enum FieldCode: Unicode.Scalar {
        case severity = "V"
        case sqlState = "C"
        case primaryMessage = "M"
        case detail = "D"
        case hint = "H"
        case context = "W"
        case schema = "s"
        case table = "t"
        case column = "c"
        case constraint = "n"
        case sourceFunction = "R"
    }

    private static func field(_ result: OpaquePointer, _ code: FieldCode) -> String? {
        PQresultErrorField(result, Int32(code.rawValue.value)).map { String(cString: $0) }
    }

    private static func wholeMessage(_ result: OpaquePointer) -> String {
        let text = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
        return text.split(separator: "\n").joined(separator: "; ")
    }
}

/// Holds the closure that libpq's callback hands notices to; the connection keeps it alive.
final class NoticeReceiver: Sendable {
    let receive: @Sendable (PostgresNotice) -> Void

    init(_ receive: @escaping @Sendable (PostgresNotice) -> Void) {
        self.receive = receive
    }

    static let callback: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?) -> Void = { context, result in
        guard let context, let result else { return }
        Unmanaged<NoticeReceiver>.fromOpaque(context).takeUnretainedValue().receive(ResultError.notice(result))
    }
}
