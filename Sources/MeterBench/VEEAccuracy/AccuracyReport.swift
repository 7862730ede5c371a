import MeterEvents

/// The result of `vee-accuracy`, as JSON or as text.
struct AccuracyReport: Sendable {
    let estimation: EstimationTrial
    let detection: DetectionTrial
    let buildings: Int
    let patterns: [(gapClass: GapClass, gaps: Int)]
    let seed: UInt64

    /// Rules in the order of their numbers.
    private var detectionRows: [(rule: UInt32, count: DetectionTrial.RuleCount)] {
        detection.rules.filter { $0.value.anomalies > 0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    static func name(of rule: UInt32) -> String { rule < 10 ? "V0\(rule)" : "V\(rule)" }

    var json: String {
        var rows: [String] = []
        for gapClass in GapClass.allCases {
            for method in estimation.methods {
                guard let sum = estimation.sums[.init(gapClass: gapClass, method: method)] else { continue }
                var row = BenchResult()
                row.add("gapClass", .text(gapClass.rawValue))
                row.add("method", .text(method))
                row.add("intervals", .integer(Int64(sum.count)))
                row.add("unfilled", .integer(Int64(sum.unfilled)))
                row.add("mae", .number(sum.meanAbsoluteError, decimals: 3))
                row.add("relativeErrorPercent", .number(sum.relativeErrorPercent, decimals: 2))
                row.add("energyBiasPercent", .number(sum.biasPercent, decimals: 3))
                rows.append(row.json)
            }
        }
        let detected = detectionRows.map { rule, count in
            var row = BenchResult()
            row.add("rule", .text(Self.name(of: rule)))
            row.add("precision", .number(count.precision, decimals: 3))
            row.add("recall", .number(count.recall, decimals: 3))
            row.add("anomalies", .integer(Int64(count.anomalies)))
            row.add("windows", .integer(Int64(count.all)))
            return row.json
        }
        let kinds = Anomaly.Kind.allCases.compactMap { kind in
            detection.kinds[kind].map { count in
                var row = BenchResult()
                row.add("kind", .text(kind.rawValue))
                row.add("anomalies", .integer(Int64(count.anomalies)))
                row.add("recall", .number(Double(count.found) / Double(max(1, count.anomalies)), decimals: 3))
                return row.json
            }
        }
        let members = [
            "\"rows\":[\(rows.joined(separator: ","))]",
            "\"configuredEnergyBiasPercent\":\(Self.number(estimation.configuredTotal.biasPercent))",
            "\"falseAlarmPercent\":\(Self.number(detection.falseAlarmPercent))",
            "\"detection\":[\(detected.joined(separator: ","))]",
            "\"kinds\":[\(kinds.joined(separator: ","))]",
            "\"falseAlarmIntervalsByRule\":\(Self.object(detection.alarmedByRule))",
            "\"untouchedWindowsByRule\":\(Self.object(detection.windowsByRule))",
            "\"untouchedIntervals\":\(detection.intervals)", "\"untouchedDays\":\(detection.days)",
            "\"configuredMethods\":{"
                + estimation.sources.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
                .joined(separator: ",") + "}",
            "\"realGaps\":{" + patterns.map { "\"\($0.gapClass.rawValue)\":\($0.gaps)" }.joined(separator: ",") + "}",
            "\"buildings\":\(buildings)", "\"seed\":\(seed)",
        ]
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func number(_ value: Double) -> String {
        var one = BenchResult()
        one.add("n", .number(value, decimals: 3))
        return String(one.json.dropFirst(5).dropLast())
    }

    private static func object(_ counts: [UInt32: Int]) -> String {
        let members = counts.sorted { $0.key < $1.key }.map { "\"\(name(of: $0.key))\":\($0.value)" }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// What the goals say, each with whether it holds.
    var verdicts: [(goal: String, holds: Bool)] {
        var verdicts: [(goal: String, holds: Bool)] = []
        for gapClass in GapClass.allCases {
            guard let configured = estimation.sums[.init(gapClass: gapClass, method: EstimationTrial.configured)] else {
                continue
            }
            for baseline in EstimationTrial.baselines {
                guard let other = estimation.sums[.init(gapClass: gapClass, method: baseline)] else { continue }
                verdicts.append(
                    (
                        "\(gapClass.rawValue): configured is better than \(baseline)",
                        configured.meanAbsoluteError < other.meanAbsoluteError
                    )
                )
            }
        }
        let bias = abs(estimation.configuredTotal.biasPercent)
        verdicts.append(("energy bias of the configured order is below 1 %", bias < 1))
        verdicts.append(("false alarms are at most 0.1 % of the intervals", detection.falseAlarmPercent <= 0.1))
        return verdicts
    }

    var text: String {
        var lines = ["\(buildings) buildings, seed \(seed)", ""]
        for gapClass in GapClass.allCases {
            lines.append("gaps up to \(gapClass.rawValue)")
            for method in estimation.methods {
                guard let sum = estimation.sums[.init(gapClass: gapClass, method: method)] else { continue }
                lines.append(
                    "  \(Self.padded(method, 12)) \(Self.padded("\(sum.count)", 7)) MAE \(Self.number(sum.meanAbsoluteError)) kWh, "
                        + "\(Self.number(sum.relativeErrorPercent)) % of the mean, energy \(Self.number(sum.biasPercent)) %, "
                        + "unfilled \(sum.unfilled)"
                )
            }
        }
        lines.append("")
        for (rule, count) in detectionRows {
            lines.append(
                "\(Self.name(of: rule)) precision \(Self.number(count.precision)) recall \(Self.number(count.recall)) "
                    + "(\(count.found) of \(count.anomalies) anomalies; \(count.all) windows)"
            )
        }
        lines.append("")
        for verdict in verdicts { lines.append((verdict.holds ? "holds  " : "FAILS  ") + verdict.goal) }
        return lines.joined(separator: "\n")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
