import CClock
import Glibc
import KafkaIO
import PostgresIO
import Projection
import Settings
import TopicCatalog

/// Looks at everything Meterlog depends on and says what is wrong and what to do. Every check runs, whatever the others found.
struct Diagnosis {
    struct Finding: Sendable {
        enum Verdict: String, Sendable {
            case fine
            case warning
            case wrong
        }

        var check: String
        var verdict: Verdict
        var detail: String
    }

    let common: CommonOptions

    func findings() -> [Finding] {
        let settings: Settings
        do {
            settings = try common.settings()
        } catch {
            return [Finding(check: "configuration", verdict: .wrong, detail: "\(error)")]
        }
        return [
            Finding(check: "configuration", verdict: .fine, detail: "read; secrets in files are mode 0600 or absent")
        ]
            + [libraries(), zones(settings), clock(), disk(settings)]
            + cluster(settings) + database(settings)
    }

    private func libraries() -> Finding {
        do {
            try KafkaSettings(brokers: ["127.0.0.1:1"], clientID: "meterlog-doctor").validate()
            return Finding(check: "librdkafka", verdict: .fine, detail: KafkaSettings.libraryVersion)
        } catch {
            return Finding(check: "librdkafka", verdict: .wrong, detail: "\(error)")
        }
    }

    private func zones(_ settings: Settings) -> Finding {
        do {
            let loaded = try ZoneFiles.load(settings.zoneInfoDirectory)
            return Finding(
                check: "time zones",
                verdict: loaded.skipped.isEmpty ? .fine : .warning,
                detail: loaded.skipped.isEmpty
                    ? settings.zoneInfoDirectory : "not readable: " + loaded.skipped.joined(separator: " ")
            )
        } catch {
            return Finding(check: "time zones", verdict: .wrong, detail: "\(error)")
        }
    }

    /// What the kernel says of the clock's discipline (adjtimex): synchronised, and by how much it may be off.
    private func clock() -> Finding {
        var state = timex()
        let status = adjtimex(&state)
        guard status >= 0 else {
            return Finding(check: "clock", verdict: .warning, detail: "adjtimex: \(String(cString: strerror(errno)))")
        }
        let isSynchronised = status != TIME_ERROR && state.status & STA_UNSYNC == 0
        return Finding(
            check: "clock",
            verdict: isSynchronised ? .fine : .warning,
            detail: isSynchronised
                ? "synchronised, estimated error \(state.esterror) us"
                : "not synchronised; receive times are only as good as the clock. Run an NTP service (chrony)"
        )
    }

    private func disk(_ settings: Settings) -> Finding {
        var path = settings.dataDirectory
        var info = statvfs()
        while statvfs(path, &info) != 0 {
            guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
                path = "."
                guard statvfs(path, &info) == 0 else {
                    return Finding(
                        check: "disk",
                        verdict: .wrong,
                        detail: "\(settings.dataDirectory) can't be looked at"
                    )
                }
                break
            }
            path = String(path[..<slash])
        }
        let freeMegabytes = (UInt64(info.f_bavail) * UInt64(info.f_frsize)) >> 20
        return Finding(
            check: "disk",
            verdict: freeMegabytes < 100 ? .wrong : freeMegabytes < 2048 ? .warning : .fine,
            detail: "\(freeMegabytes) MB free for \(settings.dataDirectory)"
        )
    }

    private func cluster(_ settings: Settings) -> [Finding] {
        guard !settings.kafka.brokers.isEmpty else {
            return [
                Finding(
                    check: "brokers",
                    verdict: .fine,
                    detail: "none configured: meterlog run starts the embedded log in \(settings.dataDirectory)/broker"
                )
            ]
        }
        do {
            let cluster = try ClusterAccess(settings: settings, logger: settings.logger("meterlog.doctor"))
            let controller = TopicController(admin: try cluster.admin(), catalog: cluster.catalog)
            let plan = try controller.check()
            let brokers = Finding(
                check: "brokers",
                verdict: .fine,
                detail: settings.kafka.brokers.joined(separator: ",") + " answer"
            )
            let security = Self.security(cluster.kafka)
            let topics = Finding(
                check: "topics",
                verdict: plan.isEmpty ? .fine : .wrong,
                detail: plan.isEmpty
                    ? "as declared"
                    : plan.steps.map { "\($0)" }.joined(separator: "; ") + ". Run: meterlog topics apply"
            )
            return [brokers, security, topics]
        } catch {
            return [Finding(check: "brokers", verdict: .wrong, detail: "\(error)")]
        }
    }

    /// How the brokers are reached, and whether the password is in danger there.
    private static func security(_ kafka: KafkaSettings) -> Finding {
        let features = KafkaSettings.libraryFeatures.filter { $0 == "ssl" || $0.hasPrefix("sasl") }
        let detail = "\(kafka.security); librdkafka has \(features.joined(separator: ", "))"
        let sendsPassword = kafka.security.tls == nil && kafka.security.sasl?.mechanism == .plain
        let isOutside = kafka.brokers.contains { broker in
            !["127.", "localhost:", "[::1]:"].contains { broker.hasPrefix($0) }
        }
        guard sendsPassword, isOutside else { return Finding(check: "security", verdict: .fine, detail: detail) }
        return Finding(
            check: "security",
            verdict: .warning,
            detail: detail + ". The password goes over the network as it is: use sasl_ssl or SCRAM"
        )
    }

    private func database(_ settings: Settings) -> [Finding] {
        do {
            let access = DatabaseAccess(settings)
            var connection = try access.connect("meterlog-doctor")
            let status = try access.migrator().status(&connection)
            let version = connection.serverVersion / 10_000
            return [
                Finding(
                    check: "database",
                    verdict: version >= 15 ? .fine : .wrong,
                    detail: "PostgreSQL \(version); 15 or newer is needed"
                ),
                Finding(check: "read model", verdict: .fine, detail: status.variantSummary),
                Finding(
                    check: "migrations",
                    verdict: status.isCurrent ? .fine : .wrong,
                    detail: status.isCurrent
                        ? "\(status.applied.count) applied"
                        : "pending \(status.pending.map(\.name)), changed \(status.changed), unknown \(status.unknown). "
                            + "Run: meterlog migrate"
                ),
            ]
        } catch {
            return [Finding(check: "database", verdict: .wrong, detail: "\(error)")]
        }
    }
}
