/// Dates as HTTP writes them (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, and the two older forms,
/// `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
enum HTTPDate {
  private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// Seconds since 1970; `nil` for what is no date.
  static func unixTime(_ text: String) -> Int? {
    guard text.utf8.count <= 40 else { return nil }
    let parts = text.split { " ,-".contains($0) }
    switch parts.count {
    case 6 where parts[5] == "GMT": return unixTime(day: parts[1], month: parts[2], year: parts[3], time: parts[4])
    case 5: return unixTime(day: parts[2], month: parts[1], year: parts[4], time: parts[3])
    default: return nil
    }
  }

  private static func unixTime(day: Substring, month: Substring, year: Substring, time: Substring) -> Int? {
    let clock = time.split(separator: ":", omittingEmptySubsequences: false)
    guard clock.count == 3, let hour = number(clock[0], 0...23), let minute = number(clock[1], 0...59),
      // 60 is a leap second.
      let second = number(clock[2], 0...60), let day = number(day, 1...31), var year = number(year, 0...9_999),
      let month = months.firstIndex(of: String(month))
    else { return nil }
    if year < 100 { year += year < 70 ? 2_000 : 1_900 }
    return ((days(year, month + 1, day) * 24 + hour) * 60 + minute) * 60 + second
  }

  private static func number(_ text: Substring, _ range: ClosedRange<Int>) -> Int? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else { return nil }
    return range.contains(number) ? number : nil
  }

  /// Days from 1970-01-01 in the Gregorian calendar. Years are counted from March, so that a leap day is the last one.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return 365 * year + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
  }

  /// A time, in seconds since 1970, as HTTP writes it today.
  static func text(_ unixTime: UInt64) -> String {
    let (days, second) = (Int(unixTime / 86_400), Int(unixTime % 86_400))
    // The inverse of ``days(_:_:_:)``: the day in its era of 400 years, in the year, and in the month, all counted from March.
    let (era, dayOfEra) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let year = 400 * era + yearOfEra + (month >= 10 ? 1 : 0)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let time = "\(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))"
    return "\(weekdays[days % 7]), \(two(day)) \(months[(month + 2) % 12]) \(year) \(time) GMT"
  }
}
