public import MeterCore

/// The documented JSON form of what operators decide: `{"operations": [{"operation", ...}]}`, a list of such objects, or one.
///
/// Operations: `set_values`, `accept`, `reject`, `clear`, `lock`, `unlock` for a channel of a meter in a span of time, and
/// `force_estimate` for a group or for meters. Every one names its user and reason.
public enum OperationsJSON: PayloadDecoder {
    public static let format = FormatDescription(
        name: "json-operations",
        lane: .interval,
        mediaType: "application/vnd.meterlog.operations+json",
        summary: "what operators decide as JSON objects: edits, locks, forced estimates"
    )

    /// Intervals of one edit.
    static let valueLimit = 100_000
    /// Meters of one order.
    static let meterLimit = 10_000

    public static func decode(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        try batch.takeElements(of: bytes, named: "operations") { (node, batch) throws(DecodeError) in
            var object = try JSONObject(node)
            let operation = try object.requiredText("operation")
            if operation == "force_estimate" {
                batch.forceEstimates.append(try ForceEstimate(&object))
            } else {
                batch.edits.append(try ManualEdit(operation, &object))
            }
            try object.refuseOthers()
        }
    }
}

extension ForceEstimate {
    fileprivate init(_ object: inout JSONObject) throws(DecodeError) {
        let group = try object.identifier("group") ?? ""
        var meters: [String] = []
        for node in try object.list("meters") ?? [] {
            guard case .text(let meter) = node.content, !meter.isEmpty, meters.count < OperationsJSON.meterLimit else {
                throw node.fault("meters is no list of up to \(OperationsJSON.meterLimit) names", .malformedSyntax)
            }
            meters.append(meter)
        }
        guard group.isEmpty != meters.isEmpty else {
            throw object.fault("either \"group\" or \"meters\" says who is estimated", .missingField)
        }
        self.init(
            group: group,
            meters: meters,
            from: try object.requiredInstant("from"),
            to: try object.requiredInstant("to"),
            user: try object.requiredIdentifier("user"),
            reason: try object.requiredText("reason")
        )
        guard from < to else { throw object.fault("\"from\" is not before \"to\"", .invalidTimestamp) }
    }
}

extension ManualEdit {
    fileprivate init(_ operation: String, _ object: inout JSONObject) throws(DecodeError) {
        let start = try object.requiredInstant("from")
        let action: Action
        var end: Instant
        switch operation {
        case "set_values":
            guard let length = try object.seconds("interval", 1...86_400) else {
                throw object.fault("no \"interval\"", .missingField)
            }
            let powerOfTen = try object.unit("unit")?.powerOfTen ?? 0
            let nodes = try object.list("values") ?? []
            guard !nodes.isEmpty, nodes.count <= OperationsJSON.valueLimit else {
                throw object.fault("\"values\" has not 1 to \(OperationsJSON.valueLimit) numbers", .wrongValueCount)
            }
            var billionths: [Int64] = []
            billionths.reserveCapacity(nodes.count)
            for node in nodes { billionths.append(try node.billionths("a value", powerOfTen: powerOfTen)) }
            action = .setValues(intervalSeconds: Int32(length), billionths: billionths)
            end = start + Int64(length) * Int64(billionths.count)
            if let named = try object.instant("to"), named != end {
                throw object.fault("\"to\" is not where the values end", .wrongValueCount)
            }
        case "accept", "reject", "clear", "lock", "unlock":
            switch operation {
            case "accept": action = .accept
            case "reject": action = .reject
            case "clear": action = .clear
            case "lock": action = .lock
            default: action = .unlock
            }
            end = try object.requiredInstant("to")
        default: throw object.fault("no operation \"\(operation.prefix(64))\"", .unknownRecord)
        }
        guard start < end else { throw object.fault("\"from\" is not before \"to\"", .invalidTimestamp) }
        self.init(
            meter: try object.requiredIdentifier("meter"),
            channel: try object.identifier("channel") ?? "1-0:1.8.0",
            start: start,
            end: end,
            action: action,
            user: try object.requiredIdentifier("user"),
            reason: try object.requiredText("reason")
        )
    }
}
