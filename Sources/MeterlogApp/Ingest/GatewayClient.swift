import Foundation
import FoundationNetworking

/// Sends payloads to a gateway over HTTP and waits until each is acknowledged. What the gateway asks to be sent again is sent again, with
/// growing pauses, for as long as `patienceSeconds` allows; the idempotency key makes that harmless.
struct GatewayClient: Sendable {
    struct Payload: Sendable {
        var body: [UInt8]
        var mediaType: String
        var idempotencyKey: String
        var source: String
        /// For a gateway with a simulated clock, ms since 1970-01-01T00:00:00Z.
        var simulatedReceiveTimeMilliseconds: Int64?
        /// The file that it is from.
        var file = ""
    }

    struct Refusal: Error, CustomStringConvertible {
        var status: Int
        var detail: String

        var description: String { status == 0 ? detail : "HTTP \(status): \(detail)" }
    }

    private let url: URL
    private let token: String?
    private let session: URLSession
    private let patienceSeconds: Double

    /// - Parameter connections: requests under way at one time at the most.
    init(gateway: String, token: String?, connections: Int, patienceSeconds: Double = 300) throws {
        guard let base = URL(string: gateway), base.scheme == "http" || base.scheme == "https" else {
            throw Refusal(status: 0, detail: "\"\(gateway)\" is not an http(s) URL")
        }
        url = base.appendingPathComponent("ingest/v1/payloads")
        self.token = token
        self.patienceSeconds = patienceSeconds
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpMaximumConnectionsPerHost = connections
        configuration.timeoutIntervalForRequest = 60
        session = URLSession(configuration: configuration)
    }

    /// Returns when the gateway has acknowledged the payload.
    func send(_ payload: Payload) async throws {
        let deadline = Stopwatch.seconds() + patienceSeconds
        var pauseMilliseconds = 100
        while true {
            do {
                try await post(payload)
                return
            } catch let refusal as Refusal {
                let isPassing = refusal.status == 0 || refusal.status == 429 || refusal.status >= 500
                guard isPassing, Stopwatch.seconds() < deadline else { throw refusal }
                try await Task.sleep(for: .milliseconds(pauseMilliseconds))
                pauseMilliseconds = min(pauseMilliseconds * 2, 5000)
            }
        }
    }

    private func post(_ payload: Payload) async throws {
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.setValue(payload.mediaType, forHTTPHeaderField: "Content-Type")
        request.setValue(payload.idempotencyKey, forHTTPHeaderField: "Idempotency-Key")
        request.setValue(payload.source, forHTTPHeaderField: "Meterlog-Source")
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        if let time = payload.simulatedReceiveTimeMilliseconds {
            request.setValue(String(time), forHTTPHeaderField: "Meterlog-Simulated-Receive-Time")
        }
        request.httpBody = Data(payload.body)
        let (data, response) = try await perform(request)
        guard let response = response as? HTTPURLResponse else {
            throw Refusal(status: 0, detail: "no HTTP answer from \(url)")
        }
        guard response.statusCode == 202 else {
            throw Refusal(status: response.statusCode, detail: String(decoding: data.prefix(2000), as: UTF8.self))
        }
    }

    private func perform(_ request: URLRequest) async throws -> (Data, URLResponse) {
        do {
            return try await session.data(for: request)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw Refusal(status: 0, detail: "\(url): \(error.localizedDescription)")
        }
    }
}
