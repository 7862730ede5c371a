import Foundation
public import Logging
public import Telemetry

/// Folds the topics of one projection into its read model, on a thread of its own.
public final class Projector: Sendable {
    public let name: ProjectionName
    private let board: ProjectorBoard
    private let body: @Sendable () -> Void

    public init(
        _ name: ProjectionName,
        _ configuration: ProjectionConfiguration,
        metrics: MetricsRegistry,
        logger: Logger
    ) {
        let board = ProjectorBoard(name)
        let instruments = ProjectorMetrics(metrics, name)
        self.name = name
        self.board = board
        func body<Model: ReadModel>(_ model: Model.Type) -> @Sendable () -> Void {
            {
                var loop = ProjectorLoop<Model>(
                    configuration: configuration,
                    board: board,
                    metrics: instruments,
                    logger: logger
                )
                loop.run()
            }
        }
        switch name {
        case .readings: self.body = body(ReadingsModel.self)
        case .exceptions: self.body = body(ExceptionsModel.self)
        case .alarms: self.body = body(AlarmsModel.self)
        case .deadLetters: self.body = body(DeadLettersModel.self)
        case .registry: self.body = body(RegistryModel.self)
        case .payloads: self.body = body(PayloadsModel.self)
        }
    }

    public var status: ProjectorStatus { board.status }

    /// Starts the thread; a second call does nothing.
    public func start() {
        guard board.start() else { return }
        let thread = Thread(block: body)
        thread.name = "proj-\(name.rawValue)"
        thread.start()
    }

    /// Asks the thread to store what it has and to end.
    public func requestStop() {
        board.requestStop()
    }

    /// Stops and returns when the thread is at its end.
    public func stop() async {
        board.requestStop()
        await board.waitUntilOver()
    }

    /// Returns when the thread ended, asked or not; `status` says why.
    public func waitUntilOver() async {
        await board.waitUntilOver()
    }
}
