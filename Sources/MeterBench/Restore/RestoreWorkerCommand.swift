import ArgumentParser
import Foundation
import KafkaIO
import MeterCore
import Snapshots
import StreamCore
import StreamRuntime
import Telemetry
import VEE

/// The process that `restore` kills and starts again: the VEE processor as the service runs it, with what happens on standard output.
struct RestoreWorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "restore-worker", shouldDisplay: false)
    static let groupID = "meterlog-\(VEEProcessor.name)"

    @Option var brokers: String
    @Option var threads: Int
    @Option var partitions: Int32

    func run() async throws {
        let settings = KafkaSettings(brokers: [brokers], clientID: "restore-worker")
        let process = StreamProcess<VEEProcessor, KafkaLog>(
            threads: threads,
            configuration: VEEConfiguration(zones: ZoneCatalog()),
            options: StreamOptions(
                groupID: Self.groupID,
                outputs: VEEProcessor.outputTopics.map { Effects.Output(topic: $0, partitionCount: partitions) }
            ),
            metrics: MetricsRegistry(),
            report: { _, event in Self.say(event) },
            makeLog: { thread in
                let identity = "\(Self.groupID)-bench-\(thread)"
                return try KafkaLog(
                    settings: settings,
                    options: KafkaLog.Options(
                        groupID: Self.groupID,
                        transactionalID: identity,
                        groupInstanceID: identity
                    )
                )
            }
        )
        // A signal would end the process before it has written its snapshots.
        signal(SIGTERM, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
        source.setEventHandler { process.requestStop() }
        source.resume()
        try await process.run()
        source.cancel()
    }

    /// One line an event: monotonic seconds, code, and the numbers that are measured, or what it says.
    private static func say(_ event: StreamEvent) {
        let rest =
            switch event {
            case .restoring(let partition, let from, _, let committed):
                "\(partition.partition) \(from) \(committed ?? 0)"
            case .live(let partition, let milliseconds): "\(partition.partition) \(milliseconds)"
            case .snapshotWritten(let label, let milliseconds):
                "\(label.identity.input.partition) \(label.stateByteCount) \(milliseconds)"
            default: "\(event)"
            }
        let line = "\(ProcessUsage.monotonicSeconds()) \(event.code) \(rest)\n"
        FileHandle.standardOutput.write(Data(line.utf8))
    }
}
