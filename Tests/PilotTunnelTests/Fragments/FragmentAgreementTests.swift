import PilotTransport
import PilotWire
import Testing

@testable import PilotTunnel

@Suite("Whether a peer takes fragments")
struct FragmentAgreementTests {
  private let start = MonotonicInstant(nanoseconds: 1_000_000_000)
  private let question = FragmentOffer(longest: 9_000, isQuestion: true)
  private let answer = FragmentOffer(longest: 9_000, isQuestion: false)

  @Test("a new session asks three times, and takes silence for no")
  func silence() {
    var agreement = FragmentAgreement()
    agreement.renew(at: start)
    var now = start
    for _ in 0..<FragmentAgreement.questions {
      #expect(agreement.due == now)
      let asks1 = agreement.tick(at: now)
      #expect(asks1)
      let asks2 = agreement.tick(at: now)
      #expect(!asks2)
      now = now.advanced(by: FragmentAgreement.pause)
    }
    let asks3 = agreement.tick(at: now)
    #expect(!asks3)
    #expect(agreement.due == nil)
    #expect(agreement.longest == nil)
    // What there is to send asks again, after a rest.
    agreement.want(at: now)
    #expect(agreement.due == nil)
    now = now.advanced(by: FragmentAgreement.rest)
    agreement.want(at: now)
    let asks4 = agreement.tick(at: now)
    #expect(asks4)
  }

  @Test("an answer ends the questions, and isn't answered")
  func answered() {
    var agreement = FragmentAgreement()
    agreement.renew(at: start)
    let asks5 = agreement.tick(at: start)
    #expect(asks5)
    let answers6 = agreement.heard(answer, at: start)
    #expect(!answers6)
    #expect(agreement.longest == 9_000)
    #expect(agreement.due == nil)
  }

  @Test("a question says as much, and is answered, though not each of a flood")
  func asked() {
    var agreement = FragmentAgreement()
    let answers7 = agreement.heard(question, at: start)
    #expect(answers7)
    #expect(agreement.longest == 9_000)
    let answers8 = agreement.heard(question, at: start)
    #expect(!answers8)
    let answers9 = agreement.heard(question, at: start.advanced(by: FragmentAgreement.pause))
    #expect(answers9)
  }

  @Test("with a new key, what was said before counts until the peer has had the time to answer")
  func renewed() {
    var agreement = FragmentAgreement()
    _ = agreement.heard(answer, at: start)
    agreement.renew(at: start)
    var now = start
    for _ in 0..<FragmentAgreement.questions {
      _ = agreement.tick(at: now)
      #expect(agreement.longest == 9_000)
      now = now.advanced(by: FragmentAgreement.pause)
    }
    _ = agreement.tick(at: now)
    #expect(agreement.longest == nil)
  }
}
