import Foundation
import FuzzTargets
import Testing

/// What `ops/fuzz` has kept: inputs that reach much of the code, and those that once broke it.
@Suite struct ReplayTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Vectors/fuzz").path

    @Test(arguments: FuzzTarget.allCases)
    func everyKeptInputHoldsTheProperty(target: FuzzTarget) throws {
        let inputs = "\(Self.folder)/\(target.rawValue)"
        let names = try FileManager.default.contentsOfDirectory(atPath: inputs).sorted()
        #expect(!names.isEmpty)
        for name in names {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(inputs)/\(name)"))
            #expect(throws: Never.self, "\(target.rawValue)/\(name)") { try target.run(Array(bytes)) }
        }
    }

    /// Inputs of kinds that a search would take long to come by.
    @Test(arguments: FuzzTarget.allCases)
    func noBytesAndManyBytes(target: FuzzTarget) throws {
        for bytes in [[], [0], [UInt8](repeating: 0, count: 70_000), [UInt8](repeating: 0xff, count: 70_000)] {
            #expect(throws: Never.self) { try target.run(bytes) }
        }
    }
}
