import ArgumentParser
import HTTPServing
import PostgresIO
package import QueryAPI
import Settings

/// What `meterlog ingest` says at its end about the values of the files.
struct WaitOptions: ParsableArguments {
    @Flag(
        help:
            "Wait for VEE and the projector, and print what became of the values; with --json in a second object."
    )
    var wait = false

    @Option(help: "Seconds to wait at the most.")
    var waitSeconds = 600

    func validate() throws {
        guard (1...86_400).contains(waitSeconds) else { throw ValidationError("--wait-seconds is 1 to 86400") }
    }

    /// Prints what became of the payloads; without `wait`, how to ask.
    /// - Throws: `ExitCode.failure` when nothing of them could be used, or not all of them were spoken about in time.
    func finish(_ payloads: [GatewayClient.Payload], settings: Settings, isQuiet: Bool) async throws {
        guard !payloads.isEmpty else { return }
        guard wait else {
            guard !isQuiet else { return }
            let first = payloads[0].idempotencyKey
            let more = payloads.count > 1 ? " (the first of \(payloads.count))" : ""
            Terminal.print("what became of it: meterlog explain payload \(first)\(more); or send with --wait")
            return
        }
        let patience = PayloadWait(settings: settings, seconds: Double(waitSeconds), isQuiet: isQuiet)
        let report = try await patience.report(payloads)
        for line in isQuiet ? [report.json] : report.lines { Terminal.print(line) }
        if !report.isOfUse {
            Terminal.complain("meterlog ingest: nothing could be used; meterlog explain payload ID says why")
            throw ExitCode.failure
        }
        if report.total.pending > 0 || report.silentPayloads > 0 {
            Terminal.complain("meterlog ingest: not all of it was spoken about in \(waitSeconds) s")
            throw ExitCode.failure
        }
    }
}

/// What became of the payloads of a run, by file.
package struct IngestReport: Sendable, Equatable {
    package struct File: Sendable, Equatable {
        package var name: String
        package var payloads = 0
        package var refusedPayloads = 0
        package var refusedLines: Int64 = 0
        package var registers: Int64 = 0
        package var facts: Int64 = 0
        /// Nobody has read them yet.
        package var silentPayloads = 0
        package var counts = PayloadAccount.Counts()
    }

    package private(set) var files: [File] = []
    package private(set) var isOfUse = false

    package init() {}

    /// Files in the order in which they first appear.
    package mutating func add(_ account: PayloadAccount?, file name: String) {
        let index = files.firstIndex { $0.name == name } ?? files.count
        if index == files.count { files.append(File(name: name)) }
        files[index].payloads += 1
        guard let account else {
            files[index].silentPayloads += 1
            // It may still be of use.
            isOfUse = true
            return
        }
        if account.state == .refused { files[index].refusedPayloads += 1 }
        files[index].refusedLines += account.refusedLines
        files[index].registers += account.registerCount
        files[index].facts += account.factCount
        files[index].counts += account.counts
        if account.isOfUse { isOfUse = true }
    }

    package var total: PayloadAccount.Counts {
        var total = PayloadAccount.Counts()
        for file in files { total += file.counts }
        return total
    }

    package var silentPayloads: Int { files.reduce(0) { $0 + $1.silentPayloads } }

    package var lines: [String] {
        var table = TextTable(header: [
            "file", "payloads", "refused", "lines refused", "registers", "facts", "values", "in force", "superseded",
            "unchanged", "held", "refused", "pending",
        ])
        for file in files { table.add([file.name] + Self.cells(file)) }
        if files.count > 1 {
            var sum = File(name: "total")
            for file in files {
                sum.payloads += file.payloads
                sum.refusedPayloads += file.refusedPayloads
                sum.refusedLines += file.refusedLines
                sum.registers += file.registers
                sum.facts += file.facts
            }
            sum.counts = total
            table.add([sum.name] + Self.cells(sum))
        }
        return table.lines
    }

    private static func cells(_ file: File) -> [String] {
        let counts = file.counts
        let numbers: [Int64] = [
            Int64(file.payloads), Int64(file.refusedPayloads), file.refusedLines, file.registers, file.facts,
            counts.offered, counts.inForce, counts.superseded, counts.unchanged, counts.held, counts.refused,
            counts.pending,
        ]
        return numbers.map { String($0) }
    }

    package var json: String {
        var writer = JSONText()
        writer.beginObject()
        writer.name("files")
        writer.beginArray()
        for file in files {
            writer.beginObject()
            writer.member("file", file.name)
            writer.member("payloads", Int64(file.payloads))
            writer.member("refusedPayloads", Int64(file.refusedPayloads))
            writer.member("refusedLines", file.refusedLines)
            writer.member("registers", file.registers)
            writer.member("facts", file.facts)
            writer.member("silentPayloads", Int64(file.silentPayloads))
            writer.member("offered", file.counts.offered)
            writer.member("inForce", file.counts.inForce)
            writer.member("superseded", file.counts.superseded)
            writer.member("unchanged", file.counts.unchanged)
            writer.member("held", file.counts.held)
            writer.member("refused", file.counts.refused)
            writer.member("pending", file.counts.pending)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
