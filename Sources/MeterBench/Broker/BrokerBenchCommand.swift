import ArgumentParser
import Foundation
import KafkaIO

/// `meterlog-bench broker`: the embedded event log under a client of its own.
struct BrokerBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker",
        abstract: "Measures the embedded event log: records in and out, latency, memory, restart.",
        discussion: """
            Starts `meterlog broker` as a process of its own and runs librdkafka against it: records of 300 bytes in batches, \
            acks=all. The figures are those with a sync to disk before every acknowledgement; "fsyncOff" holds them for a sync every \
            second. peakMemoryMB, CPU and memory (after the first twentieth, in the middle, at the end) are the broker's. \
            restartSeconds is the time after a kill from its start to the first record read.
            """
    )

    @Flag(help: "One JSON object.")
    var json = false
    @Option(help: "Gigabytes of records that pass through.")
    var gigabytes = 2.0
    @Option(help: "Partitions of the topic.")
    var partitions: Int32 = 4
    @Option(help: "Records whose latency is measured.")
    var latencyRecords = 2_000
    @Option(help: "The program meterlog. Default: the one beside this program.")
    var program: String?
    @Option(
        help:
            "Where the broker's folder is made, on the disk to be measured; it is removed at the end. Default: the folder for temporary files."
    )
    var folder: String?
    @Flag(help: "Leave out the second run, without a sync before every acknowledgement.")
    var fsyncOnly = false

    func validate() throws {
        guard gigabytes > 0, gigabytes <= 1_000 else { throw ValidationError("--gigabytes is 1000 at most") }
        guard (1...1_000).contains(partitions) else { throw ValidationError("--partitions is 1 to 1000") }
        guard (1...1_000_000).contains(latencyRecords) else {
            throw ValidationError("--latency-records is 1 to 1000000")
        }
    }

    func run() throws {
        let count = max(1, Int(gigabytes * 1e9) / BrokerThroughput.recordBytes)
        var result = BenchResult()
        for entry in try measurement(.always, count).measure() { result.add(entry.name, entry.figure) }
        if !fsyncOnly {
            // Its throughput is told by the first gigabyte.
            let first = min(count, 1_000_000_000 / BrokerThroughput.recordBytes)
            result.add("fsyncOff", .group(try measurement(.everySecond, first).measure()))
        }
        result.add("partitions", .integer(Int64(partitions)))
        result.add("recordBytes", .integer(Int64(BrokerThroughput.recordBytes)))
        result.add("processors", .integer(Int64(ProcessInfo.processInfo.activeProcessorCount)))
        result.add("librdkafka", .text(KafkaSettings.libraryVersion))
        print(json ? result.json : result.table)
    }

    private func measurement(_ durability: BenchedBroker.Durability, _ recordCount: Int) throws -> BrokerRun {
        BrokerRun(
            program: try meterlog(),
            folder: folder ?? FileManager.default.temporaryDirectory.path,
            durability: durability,
            partitionCount: partitions,
            recordCount: recordCount,
            latencyRecordCount: latencyRecords,
            isQuiet: false
        )
    }

    private func meterlog() throws -> String {
        if let program { return program }
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("meterlog").path
    }
}
