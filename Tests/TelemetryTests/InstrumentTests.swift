import Telemetry
import Testing

@Suite struct InstrumentTests {
    @Test func secondsAddUpAndNeverGoBack() {
        let registry = MetricsRegistry()
        let counter = registry.seconds("waited_seconds_total", help: "W")
        counter.add(seconds: 0.25)
        counter.add(nanoseconds: 500_000_000)
        counter.add(seconds: -3)
        counter.add(seconds: .nan)
        #expect(counter.seconds == 0.75)
        #expect(
            registry.renderPrometheusText().contains("# TYPE waited_seconds_total counter\nwaited_seconds_total 0.75\n")
        )
    }

    @Test func manyThreadsLoseNoSecondAndNoStep() async {
        let counter = SecondsCounter()
        let gauge = Gauge()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<5_000 {
                        counter.add(seconds: 0.5)
                        gauge.add(1)
                        gauge.add(-0.5)
                    }
                }
            }
        }
        #expect(counter.seconds == 10_000)
        #expect(gauge.value == 10_000)
    }

    @Test func whatIsLookedUpIsLookedUpForEveryPage() {
        let registry = MetricsRegistry()
        let count = Counter()
        registry.onRender { registry in
            count.add()
            registry.gauge("looked_up", help: "L").set(count.value)
        }
        #expect(registry.renderPrometheusText().contains("looked_up 1\n"))
        #expect(registry.renderPrometheusText().contains("looked_up 2\n"))
    }

    @Test func aNameHasAType() {
        let registry = MetricsRegistry()
        registry.seconds("a_seconds_total", help: "A").add(seconds: 1)
        registry.gauge("b", help: "B").set(Int64(1))
        #expect(registry.typeName(of: "a_seconds_total") == "counter")
        #expect(registry.typeName(of: "b") == "gauge")
        #expect(registry.typeName(of: "c") == nil)
    }

    @Test func errorCodesAreOneOfAKind() {
        let codes = ErrorCode.allCases.map(\.rawValue)
        #expect(Set(codes).count == codes.count)
        #expect(codes.allSatisfy { $0.hasPrefix("ERR_") })
    }
}
