import Foundation
import HeadEndSimulator
import MeterCore

/// The simulator's truth as CSV: meter, channel, interval end, outcome, value in kWh.
struct TruthFile {
    private let truth: SimulationTruth

    init(_ truth: SimulationTruth) {
        self.truth = truth
    }

    func write(to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forWritingAtPath: path)
        else { throw AppError.unusable("\(path) can't be written") }
        try file.write(contentsOf: Data("meter,channel,interval_end,outcome,kwh\n".utf8))
        for meter in 0..<truth.plan.meters { try file.write(contentsOf: Data(lines(meter))) }
        try file.close()
    }

    private func lines(_ meter: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        let name = Array("\(truth.plan.meterName(meter)),\(SimulationPlan.channel),".utf8)
        for index in truth.outcomes[meter].indices {
            let outcome = truth.outcomes[meter][index]
            bytes.append(contentsOf: name)
            truth.intervalEnd(index).appendISO8601(to: &bytes)
            bytes.append(contentsOf: ",\(outcome),".utf8)
            if outcome != .missing { Quantity(billionths: truth.billionths[meter][index]).append(to: &bytes) }
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}
