import ArgumentParser

/// The services that can run together or alone.
enum ServiceName: String, CaseIterable, ExpressibleByArgument, Sendable {
    case gateway
    case normalizer
    case vee
    case alarms
    case projector
    case api
}
