package import PostgresIO

extension PayloadAccount {
    /// Following each value of larger payloads would take long.
    private static let maximumValues = 200_000

    private static let maximumSuccessors = 20

    /// Units whose values are amounts: `meterlog_unit_adds_up`.
    private static let amounts: Set<String> = ["kWh", "kvarh", "kVAh", "m3", "L", "GJ"]

    /// The account of a payload by its idempotency key or its place in the raw topic; nil where nobody has heard of it.
    /// - Parameters:
    ///   - source: of this sender alone; keys are the sender's own.
    ///   - isBrief: without what superseded its values and without usage.
    package static func read(
        _ id: String,
        source: String? = nil,
        isBrief: Bool = false,
        _ connection: inout PostgresConnection
    ) throws(PostgresError) -> PayloadAccount? {
        guard var account = try named(id, source, &connection) else { return nil }
        let place: [PostgresParameter] = [
            .text(account.pointer.topic), .int32(account.pointer.partition), .int64(account.pointer.offset),
        ]
        try account.readDeadLetters(place, &connection)
        guard account.state == .pending else { return account }
        let keys = try account.readChannels(place, &connection)
        account.settle()
        if !isBrief, account.counts.offered <= maximumValues {
            try account.readSuccessors(place, keys, &connection)
            try account.readUsage(place, keys, &connection)
        }
        return account
    }

    private static func named(
        _ id: String,
        _ source: String?,
        _ connection: inout PostgresConnection
    ) throws(PostgresError) -> PayloadAccount? {
        if let pointer = PayloadPointer(id), let lane = pointer.lane {
            let rows = try connection.query(
                PayloadSQL.byPointer,
                [.int16(lane), .int32(pointer.partition), .int64(pointer.offset)]
            )
            return rows.count > 0 ? try PayloadAccount(rows, 0) : nil
        }
        let rows = try connection.query(PayloadSQL.byKey, [.text(id), .optional(source)])
        guard rows.count > 0 else { return nil }
        var account = try PayloadAccount(rows, 0)
        for row in 1..<max(1, rows.count) {
            let pointer = try pointer(rows, row, 0)
            let sender = try rows.text(row, 5)
            let outcome = try rows.text(row, 8)
            if sender == account.source, outcome == "duplicate" {
                account.duplicates.append(pointer)
            } else {
                account.others.append(pointer)
            }
        }
        return account
    }

    /// A payload before anything is known of its values.
    private init(_ rows: borrowing PostgresRows, _ row: Int) throws(PostgresError) {
        pointer = try Self.pointer(rows, row, 0)
        receivedMicroseconds = try rows.timestampMicroseconds(row, 3)
        id = try rows.text(row, 4)
        source = try rows.text(row, 5)
        format = try rows.text(row, 6)
        sha256 = try rows.text(row, 7)
        outcome = try rows.text(row, 8)
        code = try rows.text(row, 9)
        payloadBytes = try rows.int64(row, 10)
        registerCount = try rows.int64(row, 12)
        factCount = try rows.int64(row, 13)
        refusedLines = try rows.int64(row, 14)
        original = try rows.isNull(row, 15) ? nil : Self.pointer(rows, row, 15)
        switch outcome {
        case "duplicate": state = .duplicate
        case "refused": state = .refused
        default: state = .pending
        }
        counts = Counts()
        // Of a duplicate the original has them.
        if state == .pending { counts.offered = try rows.int64(row, 11) }
    }

    private static func pointer(
        _ rows: borrowing PostgresRows,
        _ row: Int,
        _ column: Int
    ) throws(PostgresError) -> PayloadPointer {
        PayloadPointer(
            topic: try rows.text(row, column),
            partition: try rows.int32(row, column + 1),
            offset: try rows.int64(row, column + 2)
        )
    }

    /// Adds the channels; returns the place of each by its key in the tables.
    private mutating func readChannels(
        _ place: [PostgresParameter],
        _ connection: inout PostgresConnection
    ) throws(PostgresError) -> [Int32: Int] {
        var expected: [[String]: Int64] = [:]
        let found = try connection.query(PayloadSQL.found, place)
        var silent: [[String]: Channel] = [:]
        for row in 0..<found.count {
            let name = [try found.text(row, 0), try found.text(row, 1)]
            let offered = try found.int64(row, 3)
            expected[name, default: 0] += offered
            silent[name] = Channel(
                meter: name[0],
                channel: name[1],
                unit: try found.text(row, 2),
                fromMicroseconds: try found.timestampMicroseconds(row, 4),
                toMicroseconds: try found.timestampMicroseconds(row, 5),
                counts: Counts(
                    expected: expected[name] ?? 0,
                    offered: 0,
                    taken: 0,
                    inForce: 0,
                    unchanged: 0,
                    held: 0,
                    refused: 0
                )
            )
        }
        let rows = try connection.query(PayloadSQL.channels, place)
        var keyed: [(key: Int32?, channel: Channel)] = []
        for row in 0..<rows.count {
            let name = [try rows.text(row, 1), try rows.text(row, 2)]
            silent[name] = nil
            let channel = Channel(
                meter: name[0],
                channel: name[1],
                unit: try rows.text(row, 3),
                fromMicroseconds: try rows.timestampMicroseconds(row, 4),
                toMicroseconds: try rows.timestampMicroseconds(row, 5),
                counts: Counts(
                    expected: expected[name] ?? 0,
                    offered: try rows.int64(row, 6),
                    taken: try rows.int64(row, 7),
                    inForce: try rows.int64(row, 12),
                    unchanged: try rows.int64(row, 8),
                    held: try rows.int64(row, 9),
                    refused: try rows.int64(row, 10)
                ),
                codes: try rows.text(row, 11).split(separator: " ").map { String($0) }
            )
            keyed.append((try rows.int32(row, 0), channel))
        }
        for channel in silent.values { keyed.append((nil, channel)) }
        keyed.sort { ($0.channel.meter, $0.channel.channel) < ($1.channel.meter, $1.channel.channel) }
        channels = keyed.map(\.channel)
        var keys: [Int32: Int] = [:]
        for (index, item) in keyed.enumerated() { if let key = item.key { keys[key] = index } }
        return keys
    }

    /// The counts of all channels. A payload of very many channels names only the first; the others are in its own count.
    private mutating func settle() {
        let expected = counts.offered
        var total = Counts()
        for channel in channels { total += channel.counts }
        total.pending += max(0, expected - total.offered)
        total.offered = max(expected, total.offered)
        counts = total
        state = total.pending == 0 ? .complete : .pending
    }

    private mutating func readSuccessors(
        _ place: [PostgresParameter],
        _ keys: [Int32: Int],
        _ connection: inout PostgresConnection
    ) throws(PostgresError) {
        guard counts.superseded > 0 else { return }
        let rows = try connection.query(PayloadSQL.successors, place)
        var named: Set<PayloadPointer> = []
        for row in 0..<rows.count {
            guard let index = keys[try rows.int32(row, 0)],
                channels[index].supersededBy.count < Self.maximumSuccessors
            else { continue }
            let pointer = try Self.pointer(rows, row, 1)
            named.insert(pointer)
            channels[index].supersededBy.append(
                Successor(pointer: pointer, how: try rows.text(row, 4), count: try rows.int64(row, 5))
            )
        }
        _ = consume rows
        let names = try Self.names(named, &connection)
        for index in channels.indices {
            for place in channels[index].supersededBy.indices {
                let name = names[channels[index].supersededBy[place].pointer]
                channels[index].supersededBy[place].id = name?.id
                channels[index].supersededBy[place].source = name?.source
            }
        }
    }

    private static func names(
        _ pointers: Set<PayloadPointer>,
        _ connection: inout PostgresConnection
    ) throws(PostgresError) -> [PayloadPointer: (id: String, source: String)] {
        let pointers = Array(pointers)
        let rows = try connection.query(
            PayloadSQL.names,
            [
                .int16Array(pointers.map(\.lane)), .int32Array(pointers.map(\.partition)),
                .int64Array(pointers.map(\.offset)),
            ]
        )
        var names: [PayloadPointer: (id: String, source: String)] = [:]
        for row in 0..<rows.count {
            names[try pointer(rows, row, 0)] = (try rows.text(row, 3), try rows.text(row, 4))
        }
        return names
    }

    private mutating func readUsage(
        _ place: [PostgresParameter],
        _ keys: [Int32: Int],
        _ connection: inout PostgresConnection
    ) throws(PostgresError) {
        let rows = try connection.query(PayloadSQL.usageChanges, place)
        for index in channels.indices where Self.amounts.contains(channels[index].unit) {
            channels[index].usageChange = "0"
        }
        for row in 0..<rows.count {
            guard let index = keys[try rows.int32(row, 0)], Self.amounts.contains(channels[index].unit) else {
                continue
            }
            channels[index].usageChange = try rows.numericText(row, 1)
        }
    }

    private mutating func readDeadLetters(
        _ place: [PostgresParameter],
        _ connection: inout PostgresConnection
    ) throws(PostgresError) {
        let rows = try connection.query(PayloadSQL.deadLetters, place)
        for row in 0..<rows.count {
            deadLetters.append(
                DeadLetter(
                    stage: try rows.text(row, 0),
                    code: try rows.text(row, 1),
                    reason: try rows.text(row, 2),
                    isPartial: try rows.bool(row, 3),
                    refusedLines: try rows.int64(row, 4),
                    lines: try rows.text(row, 5)
                )
            )
        }
    }
}
