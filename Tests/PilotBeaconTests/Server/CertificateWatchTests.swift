import Testing

@testable import PilotBeacon

struct CertificateWatchTests {
  private let day = 86_400

  @Test func `it warns 30 days before, each day, more urgently in the last week, and after the end`() {
    var watch = CertificateWatch()
    let expiry = 100 * day
    var said: [Int: CertificateWatch.Remaining] = [:]
    // Each hour of 130 days.
    for hour in 0..<130 * 24 {
      if let remaining = watch.look(at: expiry, now: hour * 3_600) { said[hour] = remaining }
    }
    #expect(said.keys.min() == 70 * 24 + 1)
    #expect(said.count == 60)
    #expect(said.values.count { $0 == .month } == 23)
    #expect(said.values.count { $0 == .week } == 7)
    #expect(said.values.count { $0 == .expired } == 30)
  }

  @Test func `a new certificate is looked at anew, and a clock that goes back silences nothing`() {
    var watch = CertificateWatch()
    #expect(watch.look(at: 5 * day, now: 0) == .week)
    #expect(watch.look(at: 5 * day, now: 10) == nil)
    #expect(watch.look(at: 6 * day, now: 10) == .week)
    #expect(watch.look(at: 60 * day, now: 20) == nil)
    #expect(watch.look(at: 6 * day, now: 20) == nil)
    #expect(watch.look(at: 6 * day, now: 1 - day) == .week)
  }
}
