import KafkaProtocol

/// Cuts a connection's bytes into frames: four bytes of length, big-endian, then so many bytes.
struct FrameAssembler {
    enum Failure: Error, Equatable {
        case negativeLength(Int32)
        case tooLarge(byteCount: Int, limit: Int)
    }

    private let maxFrameBytes: Int
    private let maxControlFrameBytes: Int
    /// Tighter than both while the client has not logged in.
    private var strangerLimit: Int?
    private var lengthBytes: [UInt8] = []
    private var frame: [UInt8] = []
    private var missingByteCount = 0

    init(maxFrameBytes: Int, maxControlFrameBytes: Int) {
        self.maxFrameBytes = maxFrameBytes
        self.maxControlFrameBytes = maxControlFrameBytes
    }

    /// Sets or lifts the limit for clients that have not logged in, for frames to come.
    mutating func limit(to byteCount: Int?) {
        strangerLimit = byteCount
    }

    /// Takes the next bytes of the connection and calls `emit` with every frame they complete.
    mutating func append(_ bytes: UnsafeRawBufferPointer, emit: ([UInt8]) -> Void) throws(Failure) {
        var cursor = 0
        while cursor < bytes.count {
            if lengthBytes.count < 4 {
                lengthBytes.append(bytes[cursor])
                cursor += 1
                guard lengthBytes.count == 4 else { continue }
                try startFrame()
            } else {
                let count = min(missingByteCount, bytes.count - cursor)
                frame.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[cursor..<(cursor + count)]))
                cursor += count
                missingByteCount -= count
            }
            try checkControlFrame()
            guard missingByteCount == 0 else { continue }
            emit(frame)
            frame = []
            lengthBytes.removeAll(keepingCapacity: true)
        }
    }

    private mutating func startFrame() throws(Failure) {
        let length = lengthBytes.reduce(Int32(0)) { ($0 << 8) | Int32($1) }
        guard length >= 0 else { throw .negativeLength(length) }
        let limit = min(maxFrameBytes, strangerLimit ?? .max)
        guard length <= limit else { throw .tooLarge(byteCount: Int(length), limit: limit) }
        missingByteCount = Int(length)
        // Memory follows what has arrived: a stated length alone reserves little.
        frame.reserveCapacity(min(missingByteCount, 1_024 * 1_024))
    }

    /// Only Produce may be large; the first two bytes name the API.
    private func checkControlFrame() throws(Failure) {
        let byteCount = frame.count + missingByteCount
        guard byteCount > maxControlFrameBytes, frame.count >= 2 else { return }
        let api = Int16(frame[0]) << 8 | Int16(frame[1])
        guard api != APIKey.produce.rawValue else { return }
        throw .tooLarge(byteCount: byteCount, limit: maxControlFrameBytes)
    }
}
