import MeterlogApp

@main
enum Main {
    static func main() async {
        await SingleServiceCommand.main(service: "api")
    }
}
