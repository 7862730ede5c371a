import MeterlogApp

@main
enum Main {
    static func main() async {
        await MeterlogCommand.start()
    }
}
