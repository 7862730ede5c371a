import MeterCore
import MeterEvents
import StreamCore

/// What must be remembered of a meter's payloads to judge the next one.
struct PayloadState: Sendable, Equatable {
    /// The greatest frame counter seen, 0 for none, and the payload that brought it.
    private(set) var frameCounter: UInt64 = 0
    private(set) var frameRaw: RawReference?
    /// The UTC day (since 1970) of what was said last, by receive time.
    private(set) var notedDay: Int64 = .min
    /// What was said on that day: channel and rule.
    private(set) var noted: [Note] = []

    struct Note: Sendable, Equatable {
        var channel: String
        var rule: UInt32
    }

    private static let maximumNoted = 256

    /// The greatest counter of the frames received before a payload; 0 for none.
    func lastFrameCounter(before raw: RawReference) -> UInt64 {
        guard let frameRaw, raw.supersedes(frameRaw) else { return 0 }
        return frameCounter
    }

    mutating func observe(frameCounter counter: UInt64, _ raw: RawReference) {
        guard counter > frameCounter else { return }
        frameCounter = counter
        frameRaw = raw
    }

    /// Whether something is said for the first time on its day. Late payloads of earlier days say nothing.
    mutating func isNew(_ note: Note, onDay day: Int64) -> Bool {
        guard day >= notedDay else { return false }
        if day > notedDay {
            notedDay = day
            noted.removeAll()
        }
        guard noted.count < Self.maximumNoted, !noted.contains(note) else { return false }
        noted.append(note)
        return true
    }
}

extension PayloadState {
    func encode(into writer: inout CompactWriter) {
        writer.append(unsigned: frameCounter)
        writer.append(frameRaw != nil)
        if let frameRaw { frameRaw.encode(into: &writer) }
        writer.append(notedDay)
        writer.append(count: noted.count)
        for note in noted {
            writer.append(note.channel)
            writer.append(unsigned: UInt64(note.rule))
        }
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        frameCounter = try reader.unsigned(bytes)
        if try reader.flag(bytes) { frameRaw = try RawReference(&reader, bytes) }
        notedDay = try reader.integer(bytes)
        let count = try reader.count(bytes)
        for _ in 0..<count {
            noted.append(Note(channel: try reader.text(bytes), rule: try reader.unsigned32(bytes)))
        }
    }
}
