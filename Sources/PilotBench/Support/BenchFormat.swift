/// How numbers are written in tables.
enum BenchFormat {
  /// A whole number in groups of three digits: `1,234,567`.
  static func count(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var text = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// A number per second, rounded to a whole one.
  static func rate(_ number: Double?) -> String {
    number.map { $0.isFinite ? count(Int($0.rounded())) : "–" } ?? "–"
  }

  /// A number with three digits, or more if it has more before the point: `0.0741`, `4.32`, `123`.
  static func digits(_ number: Double?) -> String {
    guard let number, number.isFinite else { return "–" }
    let places = number.magnitude >= 99.95 ? 0 : number.magnitude >= 9.995 ? 1 : number.magnitude >= 0.9995 ? 2 : 3
    let scale = [1.0, 10, 100, 1_000][places]
    let scaled = Int((number.magnitude * scale).rounded())
    let whole = scaled / Int(scale)
    let sign = number < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return sign + count(whole) }
    let fraction = String(scaled % Int(scale))
    return "\(sign)\(whole)." + String(repeating: "0", count: places - fraction.count) + fraction
  }
}
