/// Reads the Prometheus text exposition format 0.0.4 as strictly as it is described: HELP and TYPE before the samples of a family,
/// samples of a family together, escapes, and histograms whose buckets add up.
struct PrometheusPage {
    struct Malformed: Error, CustomStringConvertible {
        var line: Int
        var description: String
    }

    struct Sample {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    struct Family {
        var name: String
        var type: String
        var samples: [Sample] = []
    }

    private(set) var families: [String: Family] = [:]
    private var line = 0

    init(parsing text: String) throws(Malformed) {
        guard text.isEmpty || text.last == "\n" else { throw fail("the last line does not end") }
        var helpName: String?
        var current: String?
        for content in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            line += 1
            if content.hasPrefix("# HELP ") {
                let name = String(content.dropFirst(7).prefix { $0 != " " })
                guard families[name] == nil else { throw fail("\(name) comes twice") }
                guard Self.unescape(String(content.dropFirst(8 + name.count)), quoted: false) != nil else {
                    throw fail("a help text with a bad escape")
                }
                helpName = name
            } else if content.hasPrefix("# TYPE ") {
                let words = content.split(separator: " ").map { String($0) }
                guard words.count == 4, words[2] == helpName else { throw fail("TYPE does not follow its HELP") }
                guard ["counter", "gauge", "histogram"].contains(words[3]) else { throw fail("type \(words[3])") }
                families[words[2]] = Family(name: words[2], type: words[3])
                current = words[2]
            } else {
                let sample = try parseSample(String(content))
                guard let name = current, belongs(sample.name, to: name) else {
                    throw fail("\(sample.name) is not with its family")
                }
                families[name]?.samples.append(sample)
            }
        }
        for family in families.values { try check(family) }
    }

    private func fail(_ text: String) -> Malformed { Malformed(line: line, description: "line \(line): \(text)") }

    private func belongs(_ sample: String, to family: String) -> Bool {
        guard families[family]?.type == "histogram" else { return sample == family }
        return ["_bucket", "_sum", "_count"].contains { sample == family + $0 }
    }

    private func parseSample(_ text: String) throws(Malformed) -> Sample {
        let name = String(text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") })
        guard let first = name.first, !first.isNumber else { throw fail("no metric name in \(text)") }
        var rest = text.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest = rest.dropFirst()
            while rest.first != "}" {
                let label = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
                guard let first = label.first, !first.isNumber, !label.hasPrefix("__"), labels[String(label)] == nil
                else {
                    throw fail("a label without a valid name in \(text)")
                }
                rest = rest.dropFirst(label.count)
                guard rest.hasPrefix("=\"") else { throw fail("a label without a value in \(text)") }
                rest = rest.dropFirst(2)
                var raw = ""
                while let character = rest.first, character != "\"" {
                    let taken = character == "\\" ? 2 : 1
                    raw += rest.prefix(taken)
                    rest = rest.dropFirst(taken)
                }
                guard rest.first == "\"", let value = Self.unescape(raw, quoted: true) else {
                    throw fail("a bad label value in \(text)")
                }
                labels[String(label)] = value
                rest = rest.dropFirst()
                if rest.first == "," {
                    rest = rest.dropFirst()
                } else if rest.first != "}" {
                    throw fail("after a label")
                }
            }
            rest = rest.dropFirst()
        }
        guard rest.first == " ", let value = Self.number(String(rest.dropFirst())) else {
            throw fail("no value in \(text)")
        }
        return Sample(name: name, labels: labels, value: value)
    }

    private static func number(_ text: String) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        case "NaN": .nan
        default: text.first == "+" ? nil : Double(text)
        }
    }

    private static func unescape(_ text: String, quoted: Bool) -> String? {
        var result = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                switch character {
                case "\\": result.append("\\")
                case "n": result.append("\n")
                case "\"" where quoted: result.append("\"")
                default: return nil
                }
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return isEscaped ? nil : result
    }

    private func check(_ family: Family) throws(Malformed) {
        guard !family.samples.isEmpty else { throw fail("\(family.name) has no samples") }
        if family.type == "counter" {
            guard family.name.hasSuffix("_total") else {
                throw fail("the counter \(family.name) does not end in _total")
            }
            guard family.samples.allSatisfy({ $0.value >= 0 }) else { throw fail("\(family.name) is below 0") }
        }
        var seen: Set<String> = []
        for sample in family.samples {
            let key =
                sample.name
                + sample.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\u{0}")
            guard seen.insert(key).inserted else { throw fail("\(sample.name) comes twice with the same labels") }
        }
        if family.type == "histogram" { try checkHistogram(family) }
    }

    private func checkHistogram(_ family: Family) throws(Malformed) {
        var series: [[String: String]: (bounds: [Double], counts: [Double], sum: Double?, count: Double?)] = [:]
        for sample in family.samples {
            var labels = sample.labels
            let bound = labels.removeValue(forKey: "le")
            var one = series[labels] ?? ([], [], nil, nil)
            switch sample.name.dropFirst(family.name.count) {
            case "_bucket":
                guard let bound, let number = Self.number(bound) else { throw fail("a bucket without a bound") }
                one.bounds.append(number)
                one.counts.append(sample.value)
            case "_sum": one.sum = sample.value
            default: one.count = sample.value
            }
            series[labels] = one
        }
        for (labels, one) in series {
            let isAscending = zip(one.bounds, one.bounds.dropFirst()).allSatisfy { $0 < $1 }
            let isCumulative = zip(one.counts, one.counts.dropFirst()).allSatisfy { $0 <= $1 }
            guard isAscending, isCumulative, one.bounds.last == .infinity, one.sum != nil, one.count == one.counts.last
            else { throw fail("the histogram \(family.name) \(labels) does not add up") }
        }
    }
}
