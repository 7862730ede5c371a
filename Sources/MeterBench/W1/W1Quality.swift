/// How the value of an interval came about, as w1 puts it out.
enum W1Quality {
    static let missing: UInt8 = 0
    static let valid: UInt8 = 1
    static let linear: UInt8 = 2
    static let likeDay: UInt8 = 3
    static let spike: UInt8 = 4
    static let negative: UInt8 = 5
}
