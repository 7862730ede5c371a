import MeterFormats

/// Wall-clock times by a table of offsets and plain counting of days: no code of the product, so that both can be compared.
struct PlainZone: Sendable {
    let name: String
    /// Seconds east of UTC before the first change.
    let offset: Int64
    /// Instants (seconds since 1970) from which other offsets hold.
    let changes: [(at: Int64, offset: Int64)]

    /// The changes of 2024, from the zones' published rules.
    static let all = [
        // 2024-03-31T01:00Z, 2024-10-27T01:00Z.
        PlainZone(name: "Europe/Berlin", offset: 3600, changes: [(1_711_846_800, 7200), (1_729_990_800, 3600)]),
        // 2024-03-10T07:00Z, 2024-11-03T06:00Z.
        PlainZone(
            name: "America/New_York",
            offset: -18_000,
            changes: [(1_710_054_000, -14_400), (1_730_613_600, -18_000)]
        ),
        // 2024-04-06T15:00Z back by half an hour, 2024-10-05T15:30Z.
        PlainZone(
            name: "Australia/Lord_Howe",
            offset: 39_600,
            changes: [(1_712_415_600, 37_800), (1_728_142_200, 39_600)]
        ),
    ]

    /// Local seconds since 1970 that the clock shows at an instant.
    func local(_ instant: Int64) -> Int64 {
        var current = offset
        for change in changes where instant >= change.at { current = change.offset }
        return instant + current
    }

    /// `2024-10-27 02:15:00` of local seconds in 2024.
    static func text(_ local: Int64) -> String {
        var days = Int(local / 86_400) - 19_723  // 2024-01-01 is day 19,723.
        var month = 0
        let lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        while days >= lengths[month] {
            days -= lengths[month]
            month += 1
        }
        let second = Int(local % 86_400)
        let fields = [month + 1, days + 1, second / 3600, second / 60 % 60, second % 60].map {
            $0 < 10 ? "0\($0)" : "\($0)"
        }
        return "2024-\(fields[0])-\(fields[1]) \(fields[2]):\(fields[3]):\(fields[4])"
    }
}

/// A file made from instants that are known, written as senders write them.
struct RandomFile {
    struct Row {
        var meter: String
        var start: Int64
        var label: Int64
        var value: Int
    }

    enum Style: CaseIterable {
        case start
        case hourEnding
        case clockAtEnd
    }

    enum Order: CaseIterable {
        case forward
        case backward
        case byLabel
        case byLabelBackward
        case daysBackward
        case meterByMeter
    }

    enum Doubling: CaseIterable {
        case none
        case eachLine
        case wholeFile
        case someLines
    }

    var rows: [Row] = []
    var lines: [Row] = []
    var mediaType = ""
    var summary = ""

    init(seed: UInt64) {
        var random = SplitMix(state: seed)
        let zone = PlainZone.all[Int.random(in: 0..<PlainZone.all.count, using: &random)]
        let change = zone.changes[Int.random(in: 0..<2, using: &random)].at
        let gap: Int64 = zone.name == "Australia/Lord_Howe" ? 1800 : 3600
        let interval: Int64 = [300, 900, 1800, 3600].filter { $0 <= gap }.randomElement(using: &random) ?? 900
        let style = Style.allCases.randomElement(using: &random) ?? .start
        let order = Order.allCases.randomElement(using: &random) ?? .forward
        let doubling = Doubling.allCases.randomElement(using: &random) ?? .none
        let isConstant = Bool.random(using: &random)
        let meters = Int.random(in: 1...3, using: &random)
        let first = change - Int64.random(in: 4...40, using: &random) * 3600
        let last = change + Int64.random(in: 4...60, using: &random) * 3600
        var value = 0
        for start in stride(from: first, to: last, by: Int(interval)) {
            for meter in 0..<meters {
                value += 1
                let label =
                    switch style {
                    case .start: zone.local(start)
                    case .hourEnding: zone.local(start) + interval
                    case .clockAtEnd: zone.local(start + interval)
                    }
                rows.append(Row(meter: "m\(meter)", start: start, label: label, value: isConstant ? 7 : value))
            }
        }
        lines = Self.ordered(rows, order)
        switch doubling {
        case .none: break
        case .eachLine: lines = lines.flatMap { [$0, $0] }
        case .wholeFile: lines += lines
        case .someLines:
            for _ in 0..<5 {
                let index = lines.indices.randomElement(using: &random) ?? 0
                lines.insert(lines[index], at: index)
            }
        }
        let stamp = style == .start ? "start" : "end"
        mediaType =
            "text/csv; profile=mapped; time=t; value=v; meter-column=m; stamp=\(stamp); interval=\(interval); zone=\(zone.name)"
        summary = "seed \(seed): \(mediaType), \(style) \(order) \(doubling) constant \(isConstant) meters \(meters)"
    }

    private static func ordered(_ rows: [Row], _ order: Order) -> [Row] {
        func sorted(_ key: (Row) -> Int64) -> [Row] {
            rows.enumerated().sorted { (key($0.element), $0.offset) < (key($1.element), $1.offset) }.map(\.element)
        }
        return switch order {
        case .forward: rows
        case .backward: rows.reversed()
        case .byLabel: sorted { $0.label }
        case .byLabelBackward: sorted { $0.label }.reversed()
        case .daysBackward: sorted { -($0.label / 86_400) }
        case .meterByMeter: ["m0", "m1", "m2"].flatMap { meter in rows.filter { $0.meter == meter } }
        }
    }

    static let header = "m,t,v\n"

    static func text(_ lines: some Sequence<Row>) -> String {
        lines.map { "\($0.meter),\(PlainZone.text($0.label)),\($0.value)\n" }.joined()
    }

    var text: String { Self.header + Self.text(lines) }

    /// `meter start value` of every row, in order.
    var truth: [String] { rows.map { "\($0.meter) \($0.start) \($0.value)" }.sorted() }

    static func readings(_ batch: ReadingBatch) -> [String] {
        batch.series.flatMap { series in
            series.values.map {
                "\(series.meter) \(batch.endSeconds[$0] - Int64(series.intervalSeconds)) \(batch.billionths[$0] / 1_000_000_000)"
            }
        }.sorted()
    }
}
