import MeterCore

/// A JSON value as a tree, for the small payloads of the control plane; readings are read without one (`JSONReader`).
struct JSONNode: Sendable {
    enum Content: Sendable {
        case null
        case flag(Bool)
        /// As it is written.
        case number(String)
        case text(String)
        case list([JSONNode])
        case object([(name: String, value: JSONNode)])
    }

    var byteOffset: Int
    var content: Content

    /// Values in one payload.
    static let countLimit = 1_000_000

    /// Reads a whole payload.
    static func read(_ bytes: Span<UInt8>) throws(DecodeError) -> JSONNode {
        var reader = JSONReader()
        guard reader.peek(bytes) != 0 else { throw reader.fault("the payload is empty", .empty) }
        var count = 0
        let node = try value(bytes, &reader, depth: 0, &count)
        try reader.expectEnd(bytes)
        return node
    }

    private static func value(
        _ bytes: Span<UInt8>,
        _ reader: inout JSONReader,
        depth: Int,
        _ count: inout Int
    ) throws(DecodeError) -> JSONNode {
        guard depth < JSONReader.depthLimit else { throw reader.fault("nested too deep", .limitExceeded) }
        count += 1
        guard count <= countLimit else { throw reader.fault("more than \(countLimit) values", .limitExceeded) }
        let first = reader.peek(bytes)
        let start = reader.cursor
        switch first {
        case UInt8(ascii: "{"):
            return JSONNode(byteOffset: start, content: .object(try object(bytes, &reader, depth, &count)))
        case UInt8(ascii: "["):
            return JSONNode(byteOffset: start, content: .list(try list(bytes, &reader, depth, &count)))
        case UInt8(ascii: "\""):
            let text = try reader.text(bytes, "a text", limit: TextField.textByteLimit)
            return JSONNode(byteOffset: start, content: .text(text))
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            try reader.skipValue(bytes, depth: depth)
            let content: Content = first == UInt8(ascii: "n") ? .null : .flag(first == UInt8(ascii: "t"))
            return JSONNode(byteOffset: start, content: content)
        default:
            guard let text = TextField.text(bytes, try reader.number(bytes)) else {
                throw reader.fault("no number", .invalidNumber)
            }
            return JSONNode(byteOffset: start, content: .number(text))
        }
    }

    private static func object(
        _ bytes: Span<UInt8>,
        _ reader: inout JSONReader,
        _ depth: Int,
        _ count: inout Int
    ) throws(DecodeError) -> [(name: String, value: JSONNode)] {
        var members: [(name: String, value: JSONNode)] = []
        try reader.expect(bytes, UInt8(ascii: "{"))
        if reader.take(bytes, UInt8(ascii: "}")) { return members }
        repeat {
            let name = try reader.text(bytes, "a name", limit: TextField.identifierByteLimit)
            guard !members.contains(where: { $0.name == name }) else {
                throw reader.fault("\"\(name)\" comes twice in one object", .duplicateField)
            }
            guard members.count < MemberSet.limit else {
                throw reader.fault("an object with more than \(MemberSet.limit) members", .limitExceeded)
            }
            try reader.expect(bytes, UInt8(ascii: ":"))
            members.append((name, try value(bytes, &reader, depth: depth + 1, &count)))
        } while try reader.more(bytes, close: UInt8(ascii: "}"))
        return members
    }

    private static func list(
        _ bytes: Span<UInt8>,
        _ reader: inout JSONReader,
        _ depth: Int,
        _ count: inout Int
    ) throws(DecodeError) -> [JSONNode] {
        var elements: [JSONNode] = []
        try reader.expect(bytes, UInt8(ascii: "["))
        if reader.take(bytes, UInt8(ascii: "]")) { return elements }
        repeat {
            elements.append(try value(bytes, &reader, depth: depth + 1, &count))
        } while try reader.more(bytes, close: UInt8(ascii: "]"))
        return elements
    }

    func fault(_ reason: String, _ code: DecodeCode) -> DecodeError {
        DecodeError(code, reason, byteOffset: byteOffset)
    }
}

extension JSONNode {
    /// The objects of a payload that is one object, a list of them, or an object whose only member `name` is the list. `isList` tells whether one
    /// that makes no sense can be left out alone.
    func elements(named name: String) throws(DecodeError) -> (nodes: [JSONNode], isList: Bool) {
        switch content {
        case .list(let nodes): return (nodes, true)
        case .object(let members):
            guard let member = members.first(where: { $0.name == name }) else { return ([self], false) }
            guard members.count == 1 else {
                throw fault("other members beside \"\(name)\"", .malformedSyntax)
            }
            guard case .list(let nodes) = member.value.content else {
                throw member.value.fault("\"\(name)\" is not a list", .malformedSyntax)
            }
            return (nodes, true)
        default: throw fault("neither an object nor a list", .malformedSyntax)
        }
    }
}
