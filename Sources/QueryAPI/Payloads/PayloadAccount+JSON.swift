import HTTPServing

extension PayloadAccount {
    /// Channels in one answer; the counts are of all.
    private static let maximumChannels = 1000

    /// The account as one JSON object.
    package var json: [UInt8] {
        var writer = JSONText()
        writer.beginObject()
        writer.member("id", id)
        Self.append(pointer, to: &writer)
        writer.name("received_at")
        writer.value(RowCell.timestamp(receivedMicroseconds))
        writer.member("source", source)
        writer.member("format", format)
        writer.member("sha256", sha256)
        writer.member("payload_bytes", payloadBytes)
        writer.member("outcome", outcome)
        writer.member("code", code)
        writer.member("state", state.rawValue)
        writer.name("original")
        if let original { writer.string(original.text) } else { writer.null() }
        writer.name("duplicates")
        writer.beginArray()
        for duplicate in duplicates { writer.string(duplicate.text) }
        writer.endArray()
        writer.name("others")
        writer.beginArray()
        for other in others { writer.string(other.text) }
        writer.endArray()
        writer.member("register_count", registerCount)
        writer.member("facts", factCount)
        writer.member("rejected_lines", refusedLines)
        writer.name("values")
        writer.beginObject()
        Self.append(counts, to: &writer)
        writer.endObject()
        writer.member("channel_count", Int64(channels.count))
        writer.name("channels")
        writer.beginArray()
        for channel in channels.prefix(Self.maximumChannels) { Self.append(channel, to: &writer) }
        writer.endArray()
        writer.name("dead_letters")
        writer.beginArray()
        for letter in deadLetters { Self.append(letter, to: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static func append(_ pointer: PayloadPointer, to writer: inout JSONText) {
        writer.member("raw_topic", pointer.topic)
        writer.member("raw_partition", Int64(pointer.partition))
        writer.member("raw_offset", pointer.offset)
    }

    private static func append(_ counts: Counts, to writer: inout JSONText) {
        writer.member("offered", counts.offered)
        writer.member("in_force", counts.inForce)
        writer.member("superseded", counts.superseded)
        writer.member("unchanged", counts.unchanged)
        writer.member("held", counts.held)
        writer.member("refused", counts.refused)
        writer.member("pending", counts.pending)
    }

    private static func append(_ channel: Channel, to writer: inout JSONText) {
        writer.beginObject()
        writer.member("meter_id", channel.meter)
        writer.member("channel", channel.channel)
        writer.member("unit", channel.unit)
        writer.name("from")
        writer.value(RowCell.timestamp(channel.fromMicroseconds))
        writer.name("to")
        writer.value(RowCell.timestamp(channel.toMicroseconds))
        append(channel.counts, to: &writer)
        writer.name("codes")
        writer.beginArray()
        for code in channel.codes { writer.string(code) }
        writer.endArray()
        writer.name("usage_change")
        if let change = channel.usageChange { writer.raw(change) } else { writer.null() }
        writer.name("superseded_by")
        writer.beginArray()
        for successor in channel.supersededBy {
            writer.beginObject()
            append(successor.pointer, to: &writer)
            writer.name("id")
            if let id = successor.id { writer.string(id) } else { writer.null() }
            writer.name("source")
            if let source = successor.source { writer.string(source) } else { writer.null() }
            writer.member("how", successor.how)
            writer.member("count", successor.count)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    private static func append(_ letter: DeadLetter, to writer: inout JSONText) {
        writer.beginObject()
        writer.member("stage", letter.stage)
        writer.member("code", letter.code)
        writer.member("reason", letter.reason)
        writer.member("partial", letter.isPartial)
        writer.member("rejected_lines", letter.refusedLines)
        writer.name("lines")
        writer.raw(letter.lines)
        writer.endObject()
    }
}
