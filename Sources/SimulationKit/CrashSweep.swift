/// The same undisturbed run again and again, with a process that dies at another place each time: before, half way through and after
/// every call of the log that the run makes.
public struct CrashSweep: Sendable {
    public let seed: UInt64
    /// Places where a process can die in the run without a crash.
    public let crashPoints: Int
    private let options: FaultSimulation.Options

    /// Runs it once, to count the places.
    public init(seed: UInt64) {
        var options = FaultSimulation.Options()
        options.faults = .none
        options.disturbances = 0
        options.processes = 2
        options.entries = 60
        self.seed = seed
        self.options = options
        crashPoints = FaultSimulation.run(seed: seed, options: options).crashPoints
    }

    /// - Parameter crashAtPoint: from 1 to `crashPoints`.
    public func run(crashAtPoint: Int) -> SimulationReport {
        var options = options
        options.crashAtPoint = crashAtPoint
        return FaultSimulation.run(seed: seed, options: options)
    }
}
