import MeterBench

@main
enum Main {
    static func main() async {
        await MeterBenchCommand.start()
    }
}
