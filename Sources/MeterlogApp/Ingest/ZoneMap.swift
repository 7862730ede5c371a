/// Time zones of meters, from a CSV file with the columns `meter` and `timezone`.
struct ZoneMap: Sendable {
    private let zones: [String: String]

    init(csv: String, path: String) throws {
        var rows = csv.split(whereSeparator: \.isNewline).map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        guard !rows.isEmpty else { throw IngestError.unusable("\(path): is empty") }
        let header = rows.removeFirst()
        guard let meter = header.firstIndex(of: "meter"), let zone = header.firstIndex(of: "timezone") else {
            throw IngestError.unusable("\(path): the header line names no columns \"meter\" and \"timezone\"")
        }
        var zones: [String: String] = [:]
        for row in rows where row.count > max(meter, zone) { zones[row[meter]] = row[zone] }
        self.zones = zones
    }

    func zone(of meter: String) -> String? { zones[meter] }
}
