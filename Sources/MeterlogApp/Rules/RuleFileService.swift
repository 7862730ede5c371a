import KafkaIO
import Logging
import MeterCore
import ServiceLifecycle
import Telemetry
import UnixSignals

/// Puts the rule set of a file into force when the process starts and whenever it gets SIGHUP, if the file says something new. A file
/// that is no rule set is refused with its line, and the rules in force stay.
struct RuleFileService: Service {
    private static let source = "rule-file"

    let path: String
    let cluster: ClusterAccess
    let logger: Logger

    func run() async throws {
        await activate(at: nil)
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        for await _ in hangups.cancelOnGracefulShutdown() {
            logger.info("SIGHUP: reading the rules again", metadata: ["file": "\(path)"])
            await activate(at: Instant(secondsSinceEpoch: Stopwatch.wallMilliseconds() / 1000))
        }
    }

    /// - Parameter now: data time from which a new rule set holds; nil at the start, when the first rule set ever holds for all data.
    private func activate(at now: Instant?) async {
        do {
            let file = try RuleFile(path: path)
            let known = try await BlockingThread.run { [cluster] in try ActivatedRules(cluster) }
            guard known.latest?.version != file.version else {
                logger.info("the rules are in force", metadata: ["version": "\(file.version)"])
                return
            }
            let beginning = Instant(secondsSinceEpoch: 0)
            let start = Instant(secondsSinceEpoch: Stopwatch.wallMilliseconds() / 1000)
            let from = now ?? (known.activations.isEmpty ? beginning : start)
            try await store(file, from: from)
            logger.info(
                "rules activated",
                metadata: ["version": "\(file.version)", "effectiveFrom": "\(from)", "file": "\(path)"]
            )
        } catch {
            logger.error(
                "the rule file is refused, the rules in force stay",
                metadata: ["code": "\(ErrorCode.ruleFileRefused)", "error": "\(error)"]
            )
        }
    }

    /// The payload goes where the gateway would put it, with the envelope that the gateway would give it.
    private func store(_ file: RuleFile, from: Instant) async throws {
        let activation = RuleActivationPayload(file: file, effectiveFrom: from)
        let producer = try KafkaProducer(settings: cluster.kafka, notices: cluster.notices)
        defer { producer.close(timeoutMilliseconds: 10_000) }
        _ = try await producer.send(
            KafkaRecord(
                topic: "meter.raw",
                partition: nil,
                key: Array(activation.idempotencyKey.utf8),
                value: Array(file.json.utf8),
                headers: activation.envelope(source: RuleFileService.source),
                timestampMilliseconds: Stopwatch.wallMilliseconds()
            )
        )
    }
}
