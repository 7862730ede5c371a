import MeterCore
package import QueryAPI

/// The account of a payload for people.
package struct PayloadText {
    private static let maximumChannels = 50
    private static let maximumSuccessors = 5

    package let account: PayloadAccount

    package init(_ account: PayloadAccount) {
        self.account = account
    }

    package var lines: [String] {
        var lines = [
            "payload   \(account.id)",
            "place     \(account.pointer.text)",
            "received  \(instant(account.receivedMicroseconds)) from \(account.source)",
            "format    \(account.format), \(account.payloadBytes) bytes, SHA-256 \(account.sha256)",
            "outcome   \(outcome)",
        ]
        if let original = account.original { lines.append("original  \(original.text)") }
        if !account.duplicates.isEmpty {
            lines.append("sent again  \(account.duplicates.map(\.text).joined(separator: " "))")
        }
        if !account.others.isEmpty {
            lines.append("same key by other senders  \(account.others.map(\.text).joined(separator: " "))")
        }
        if account.registerCount > 0 || account.factCount > 0 {
            lines.append("besides   \(account.registerCount) register readings, \(account.factCount) facts")
        }
        if account.state == .complete || account.state == .pending {
            lines += ["", summary(account.counts)] + channels
        }
        for letter in account.deadLetters {
            let what = letter.isPartial ? "\(letter.refusedLines) lines refused" : "refused"
            lines.append("\(what) by \(letter.stage): \(letter.code): \(letter.reason)")
        }
        return lines
    }

    private var outcome: String {
        switch account.state {
        case .complete: "decoded"
        case .pending: "decoded; VEE or the projector have not spoken about all of it yet"
        case .refused: "refused: \(account.code)"
        case .duplicate: "dropped: the same payload came before"
        }
    }

    private func summary(_ counts: PayloadAccount.Counts) -> String {
        let pending = counts.pending > 0 ? ", \(counts.pending) pending" : ""
        return "\(counts.offered) values: \(counts.inForce) in force, \(counts.superseded) superseded, "
            + "\(counts.unchanged) unchanged, \(counts.held) held, \(counts.refused) refused\(pending)"
    }

    private var channels: [String] {
        guard !account.channels.isEmpty else { return [] }
        var table = TextTable(header: [
            "meter", "channel", "from", "to", "offered", "in force", "superseded", "unchanged", "held", "refused",
            "pending", "usage", "why",
        ])
        for channel in account.channels.prefix(Self.maximumChannels) {
            let counts = channel.counts
            let numbers = [
                counts.offered, counts.inForce, counts.superseded, counts.unchanged, counts.held, counts.refused,
                counts.pending,
            ]
            let usage = channel.usageChange.map { change in
                (change.hasPrefix("-") || change == "0" ? "" : "+") + "\(change) \(channel.unit)"
            }
            let span = [instant(channel.fromMicroseconds), instant(channel.toMicroseconds)]
            let why = channel.codes.joined(separator: " ")
            table.add(
                [channel.meter, channel.channel] + span + numbers.map { String($0) } + [usage ?? "", why]
            )
        }
        var lines = table.lines
        if account.channels.count > Self.maximumChannels {
            lines.append("… and \(account.channels.count - Self.maximumChannels) more channels")
        }
        for channel in account.channels.prefix(Self.maximumChannels) {
            for successor in channel.supersededBy.prefix(Self.maximumSuccessors) {
                lines.append(text(successor, channel))
            }
        }
        return lines
    }

    private func text(_ successor: PayloadAccount.Successor, _ channel: PayloadAccount.Channel) -> String {
        let name = successor.id.map { "\($0) (\(successor.pointer.text))" } ?? successor.pointer.text
        let how =
            switch successor.how {
            case "value": "values of \(name)"
            case "missing": "no value any more, since \(name)"
            case "withdrawn": "readings of another length, of \(name)"
            default: "estimates (\(successor.how)), due since \(name)"
            }
        return "\(channel.meter) \(channel.channel): \(successor.count) superseded by \(how)"
    }

    private func instant(_ microseconds: Int64) -> String {
        Instant(secondsSinceEpoch: microseconds / 1_000_000).description
    }
}
