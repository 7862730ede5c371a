/// Random identifiers for members and clusters.
enum UUIDText {
    /// 32 hexadecimal digits in the groups of a UUID.
    static func random() -> String {
        let digits = Array("0123456789abcdef")
        var text = ""
        for index in 0..<32 {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digits[Int.random(in: 0..<16)])
        }
        return text
    }
}
