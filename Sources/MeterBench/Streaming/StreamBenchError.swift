/// Why a measurement gave no result.
package enum StreamBenchError: Error, CustomStringConvertible {
    case noBrokers
    case noSuchTopic(String)
    case emptyTopic(String)
    case notDelivered(Int64, String)
    case tooSlow(seconds: Double)
    case wrongAnswer(String)

    package var description: String {
        switch self {
        case .noBrokers: "no broker: give --brokers or set METERLOG_KAFKA_BROKERS, or use ops/bench, which starts one"
        case .noSuchTopic(let name): "there is no topic \(name)"
        case .emptyTopic(let name): "topic \(name) is empty"
        case .notDelivered(let count, let reason): "\(count) messages of the input could not be stored: \(reason)"
        case .tooSlow(let seconds): "the run has not ended in \(Int(seconds)) s"
        case .wrongAnswer(let what): "wrong answer: \(what)"
        }
    }
}
