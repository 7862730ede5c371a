import MeterCore

/// The members of a JSON object, taken by name and type; a name that nobody took is an error, so that a misspelt one is never passed
/// over.
struct JSONObject: ~Copyable {
    let byteOffset: Int
    private let members: [(name: String, value: JSONNode)]
    private var taken: Set<String> = []

    init(_ node: JSONNode) throws(DecodeError) {
        guard case .object(let members) = node.content else { throw node.fault("no object", .malformedSyntax) }
        byteOffset = node.byteOffset
        self.members = members
    }

    func fault(_ reason: String, _ code: DecodeCode) -> DecodeError {
        DecodeError(code, reason, byteOffset: byteOffset)
    }

    /// The member, nil when it is not there or null.
    mutating func node(_ name: String) -> JSONNode? {
        guard let member = members.first(where: { $0.name == name }) else { return nil }
        taken.insert(name)
        if case .null = member.value.content { return nil }
        return member.value
    }

    /// Must be called when everything known was taken.
    func refuseOthers() throws(DecodeError) {
        for member in members where !taken.contains(member.name) {
            throw member.value.fault("\"\(member.name)\" is not known here", .unknownRecord)
        }
    }

    mutating func text(_ name: String) throws(DecodeError) -> String? {
        guard let node = node(name) else { return nil }
        guard case .text(let text) = node.content else { throw node.fault("\(name) is not a string", .malformedSyntax) }
        return text
    }

    /// A name of 1 to 128 bytes without control characters.
    mutating func identifier(_ name: String) throws(DecodeError) -> String? {
        guard let node = node(name) else { return nil }
        guard case .text(let text) = node.content, !text.isEmpty, text.utf8.count <= TextField.identifierByteLimit,
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else { throw node.fault("\(name) is no name of 1 to \(TextField.identifierByteLimit) bytes", .missingField) }
        return text
    }

    mutating func requiredIdentifier(_ name: String) throws(DecodeError) -> String {
        guard let value = try identifier(name) else { throw fault("no \"\(name)\"", .missingField) }
        return value
    }

    mutating func requiredText(_ name: String) throws(DecodeError) -> String {
        guard let value = try text(name), !value.isEmpty else { throw fault("no \"\(name)\"", .missingField) }
        return value
    }

    mutating func flag(_ name: String) throws(DecodeError) -> Bool? {
        guard let node = node(name) else { return nil }
        guard case .flag(let flag) = node.content else {
            throw node.fault("\(name) is not true or false", .malformedSyntax)
        }
        return flag
    }

    /// A number in billionths, plain or in a string.
    mutating func number(_ name: String) throws(DecodeError) -> Int64? {
        guard let node = node(name) else { return nil }
        return try node.billionths(name)
    }

    mutating func whole(_ name: String, _ range: ClosedRange<Int64>) throws(DecodeError) -> Int64? {
        guard let node = node(name) else { return nil }
        let billionths = try node.billionths(name)
        guard billionths % Quantity.scale == 0, range.contains(billionths / Quantity.scale) else {
            throw node.fault(
                "\(name) is not a whole number from \(range.lowerBound) to \(range.upperBound)",
                .invalidNumber
            )
        }
        return billionths / Quantity.scale
    }

    /// ISO 8601 with its offset, or whole seconds since 1970.
    mutating func instant(_ name: String) throws(DecodeError) -> Instant? {
        guard let node = node(name) else { return nil }
        switch node.content {
        case .number(let text):
            let bytes = Array(text.utf8)
            if let second = TimeField.epochSecond(bytes.span, 0..<bytes.count) {
                return Instant(secondsSinceEpoch: second)
            }
        case .text(let text):
            let bytes = Array(text.utf8)
            if let instant = TimestampText(bytes.span, 0..<bytes.count)?.instant { return instant }
        default: break
        }
        throw node.fault("\(name) is neither ISO 8601 with its offset nor seconds since 1970", .invalidTimestamp)
    }

    mutating func requiredInstant(_ name: String) throws(DecodeError) -> Instant {
        guard let value = try instant(name) else { throw fault("no \"\(name)\"", .missingField) }
        return value
    }

    /// A length in seconds, or an ISO 8601 duration.
    mutating func seconds(_ name: String, _ range: ClosedRange<Int>) throws(DecodeError) -> Int? {
        guard let node = node(name) else { return nil }
        var seconds: Int?
        switch node.content {
        case .number(let text), .text(let text):
            let bytes = Array(text.utf8)
            seconds = TimeField.durationSeconds(bytes.span, 0..<bytes.count)
        default: break
        }
        guard let seconds, range.contains(seconds) else {
            throw node.fault(
                "\(name) is not a length of \(range.lowerBound) to \(range.upperBound) s",
                .invalidInterval
            )
        }
        return seconds
    }

    mutating func list(_ name: String) throws(DecodeError) -> [JSONNode]? {
        guard let node = node(name) else { return nil }
        guard case .list(let nodes) = node.content else { throw node.fault("\(name) is not a list", .malformedSyntax) }
        return nodes
    }

    mutating func unit(_ name: String) throws(DecodeError) -> (unit: MeasurementUnit, powerOfTen: Int)? {
        guard let node = node(name) else { return nil }
        guard case .text(let text) = node.content, let found = MeasurementUnit.spelled(text) else {
            throw node.fault("\(name) is no unit", .unknownUnit)
        }
        return found
    }
}

extension JSONNode {
    /// A number, plain or in a string, times a power of ten, in billionths.
    func billionths(_ what: String, powerOfTen: Int = 0) throws(DecodeError) -> Int64 {
        switch content {
        case .number(let text), .text(let text):
            let bytes = Array(text.utf8)
            if let quantity = Quantity(bytes.span, 0..<bytes.count, powerOfTen: powerOfTen) {
                return quantity.billionths
            }
        default: break
        }
        throw fault("\(what) is no number or too large", .invalidNumber)
    }
}
