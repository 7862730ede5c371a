import ArgumentParser
import Settings

/// `--threads` of the services that process streams.
struct ThreadsOption: ParsableArguments {
    @Option(
        help: """
            Stream threads of this process, for normalizer, vee and alarms; more than the topic has partitions are idle. Default: the \
            configured number.
            """
    )
    var threads: Int?

    func validate() throws {
        guard (1...256).contains(threads ?? 1) else { throw ValidationError("--threads is 1 to 256") }
    }

    /// The settings with this number in the place of the service's configured one.
    func applied(to settings: Settings, for service: ServiceName) -> Settings {
        guard let threads else { return settings }
        var settings = settings
        switch service {
        case .normalizer: settings.stream.normalizerThreads = threads
        case .vee: settings.stream.veeThreads = threads
        case .alarms: settings.stream.alarmThreads = threads
        case .gateway, .projector, .api: break
        }
        return settings
    }
}
