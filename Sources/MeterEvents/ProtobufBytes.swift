import SwiftProtobuf

/// The one place where stored bytes meet generated messages.
enum ProtobufBytes {
    static func decode<M: Message>(_ type: M.Type, _ bytes: [UInt8], _ range: Range<Int>) throws(EventError) -> M {
        do {
            return try M(serializedBytes: Array(bytes[range]))
        } catch {
            throw .malformed("\(error)")
        }
    }

    /// Appends the message. Every message here has only optional or repeated fields, so encoding can't fail.
    static func append<M: Message>(_ message: M, to bytes: inout [UInt8]) {
        do {
            let encoded: [UInt8] = try message.serializedBytes()
            bytes.append(contentsOf: encoded)
        } catch {
            preconditionFailure("a proto3 message without required fields always encodes: \(error)")
        }
    }
}
