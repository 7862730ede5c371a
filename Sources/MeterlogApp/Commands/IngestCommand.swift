import ArgumentParser
import Crypto
import MeterFormats
import Settings

/// `meterlog ingest`: takes files in through the gateway.
struct IngestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Send files to the gateway, split into payloads; sending a file again adds nothing.",
        discussion: """
            gzip, lz4, xz, zip and tar are recognised. A file is cut on line boundaries into chunks that can be decoded alone; each \
            chunk's idempotency key is the hash of the file and of its media type with the chunk's range.

            meterlog ingest meters.tar.xz --format mapped-csv --source archive --timezone Europe/Berlin --interval 1h
            meterlog ingest nem12.csv.gz --format nem12 --source mdp
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var type: MediaTypeOptions
    @OptionGroup var waiting: WaitOptions

    @Argument(help: "Files to send.")
    var files: [String]

    @Option(help: "Name of the sender in the log.")
    var source: String

    @Option(help: "URL of the gateway. Default: the configured address.")
    var gateway: String?

    @Option(help: "Bearer token for the gateway. Default: the first configured one.")
    var token: String?

    @Option(help: "Payloads under way at one time.")
    var parallel = 8

    @Option(help: "Bytes of a chunk before a cut is looked for.")
    var chunkBytes = 1 << 20

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func validate() throws {
        guard (1...256).contains(parallel) else { throw ValidationError("--parallel is 1 to 256") }
        guard (1024...(64 << 20)).contains(chunkBytes) else { throw ValidationError("--chunk-bytes is 1024 to 64 MiB") }
        guard !files.isEmpty else { throw ValidationError("name at least one file") }
    }

    func run() async throws {
        let settings = try common.settings()
        let client = try GatewayClient(
            gateway: gateway ?? "http://\(settings.gateway.host):\(settings.gateway.port)",
            token: token ?? settings.gateway.tokens.keys.min(),
            connections: parallel
        )
        let started = Stopwatch.seconds()
        let zones = try type.timezoneMap.map { try ZoneMap(csv: try TextFile.read($0).text, path: $0) }
        let payloads = try payloads(zones, settings)
        let bar = ProgressBar(title: "ingest", unit: "payloads", total: payloads.count, isQuiet: json)
        let outcome = await PayloadSender(client: client, parallel: parallel).send(payloads) { bar.advance() }
        bar.finish()
        report(outcome, payloads, seconds: Stopwatch.seconds() - started)
        if outcome.acknowledged > 0 { try await waiting.finish(payloads, settings: settings, isQuiet: json) }
        if !outcome.failures.isEmpty { throw ExitCode.failure }
    }

    private func payloads(_ zones: ZoneMap?, _ settings: Settings) throws -> [GatewayClient.Payload] {
        var result: [GatewayClient.Payload] = []
        let surveyor = FileSurveyor(settings: settings)
        for path in files {
            for file in try InputFile.read(path) {
                guard !file.bytes.isEmpty else {
                    Terminal.complain("meterlog ingest: \(file.name) is empty and was not sent")
                    continue
                }
                let zone = zones?.zone(of: file.stem)
                if zones != nil, zone == nil {
                    throw IngestError.unusable("\(file.name): the time zone map has no row for \"\(file.stem)\"")
                }
                let survey = try surveyor.survey(file, mediaType: try type.mediaType(zone: zone))
                if let survey, survey.isIntervalUnstated, !json {
                    Terminal.complain(
                        "meterlog ingest: \(file.name): no --interval, read as intervals of \(survey.intervalSeconds) s"
                    )
                }
                let mediaType = try type.mediaType(zone: zone, survey: survey)
                let hash = fileHash(file.bytes, mediaType: mediaType)
                for chunk in try chunks(of: file, survey, limit: settings.gateway.maxBodyMegabytes << 20) {
                    result.append(
                        GatewayClient.Payload(
                            body: chunk.body,
                            mediaType: mediaType,
                            idempotencyKey: "file-\(hash)-\(chunk.range.lowerBound)-\(chunk.range.upperBound)",
                            source: source,
                            file: file.name
                        )
                    )
                }
            }
        }
        return result
    }

    /// - Throws: when a piece that can't be cut is larger than the gateway takes.
    private func chunks(of file: InputFile, _ survey: TableSurvey?, limit: Int) throws -> [FileChunker.Chunk] {
        let chunker =
            survey.map { FileChunker(survey: $0, chunkBytes: chunkBytes) }
            ?? FileChunker(layout: type.format == NEM12.format.name ? .nem12 : .whole, chunkBytes: chunkBytes)
        let chunks = chunker.chunks(of: file.bytes)
        if survey != nil, let large = chunks.first(where: { $0.body.count > limit }) {
            throw IngestError.unusable(
                "\(file.name): bytes \(large.range.lowerBound) to \(large.range.upperBound) have no place to cut, because lines of one "
                    + "day of a meter stand far apart, and are more than a payload holds: sort the file by meter and time, or raise "
                    + "gateway.max_body_megabytes"
            )
        }
        return chunks
    }

    /// SHA-256 over the media type, a zero byte and the content: the same content read in another way is another payload.
    private func fileHash(_ bytes: [UInt8], mediaType: String) -> String {
        var hash = SHA256()
        hash.update(data: Array(mediaType.utf8))
        hash.update(data: [0])
        hash.update(data: bytes)
        return hash.finalize().map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    private func report(_ outcome: PayloadSender.Outcome, _ payloads: [GatewayClient.Payload], seconds: Double) {
        let bytes = payloads.reduce(0) { $0 + $1.body.count }
        for failure in outcome.failures.prefix(20) { Terminal.complain("meterlog ingest: \(failure)") }
        if outcome.failures.count > 20 { Terminal.complain("… and \(outcome.failures.count - 20) more") }
        guard json else {
            let rate = Int(Double(bytes) / max(seconds, 0.001) / 1e6)
            Terminal.print(
                "\(outcome.acknowledged) of \(payloads.count) payloads acknowledged, \(bytes) bytes, \(rate) MB/s"
            )
            return
        }
        Terminal.print(
            "{\"payloads\":\(payloads.count),\"acknowledged\":\(outcome.acknowledged),\"failed\":\(outcome.failures.count),"
                + "\"bytes\":\(bytes),\"seconds\":\(JSONNumber.text(seconds))}"
        )
    }
}
