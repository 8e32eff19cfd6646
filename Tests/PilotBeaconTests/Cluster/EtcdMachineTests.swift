import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

@Suite("What a beacon does to be known in etcd")
struct EtcdRegistrationTests {
  private var registration = EtcdRegistration()
  private var now = MonotonicInstant.start.advanced(by: .seconds(100))

  private mutating func step(after pause: Duration = .zero) -> EtcdRegistration.Step {
    now = now.advanced(by: pause)
    return registration.next(at: now)
  }

  private mutating func register() {
    registration.granted(7)
    registration.registered(7, random: 0, at: now)
  }

  @Test("A lease, its own key, its nodes; and a word every four to five seconds")
  mutating func life() {
    expect(step(), .grant)
    registration.granted(7)
    expect(step(), .register(lease: 7))
    registration.registered(7, random: 0, at: now)
    expect(step(), .publish(lease: 7))
    expect(step(after: .milliseconds(4_999)), .publish(lease: 7))
    expect(step(after: .milliseconds(1)), .beat(lease: 7))
    registration.registered(7, random: 1, at: now)
    expect(step(), .publish(lease: 7))
    expect(step(after: .seconds(4)), .beat(lease: 7))
    #expect(registration.lease == 7)
  }

  @Test("A lease is asked for as long as etcd doesn't say that it is gone")
  mutating func loss() {
    register()
    expect(step(after: .seconds(3_600)), .beat(lease: 7))
    registration.leaseIsGone(random: 0.25, at: now)
    #expect(registration.lease == nil)
    expect(step(), .wait(until: now.advanced(by: .milliseconds(500))))
    expect(step(after: .milliseconds(500)), .grant)
    registration.granted(8)
    registration.leaseIsGone(random: 0, at: now)
    expect(step(), .grant)
  }

  @Test("A number that is taken is waited for")
  mutating func taken() {
    registration.granted(7)
    registration.isTaken(at: now)
    expect(step(), .wait(until: now.advanced(by: .seconds(2))))
    expect(step(after: .seconds(2)), .register(lease: 7))
  }

  @Test("What fails is tried again after pauses that grow, differ, and are forgotten")
  mutating func failures() {
    var pauses: [Duration] = []
    for random in [0.0, 0.999, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5] {
      registration.failed(random: random, at: now)
      guard case .wait(let until) = step() else { return #expect(Bool(false)) }
      pauses.append(now.duration(to: until))
      now = until
      expect(step(), .grant)
    }
    #expect(pauses[0] == .milliseconds(125))
    #expect(pauses.allSatisfy { $0 <= .seconds(10) })
    #expect(pauses[7] == .milliseconds(7_500))
    register()
    registration.failed(random: 0, at: now)
    expect(step(), .wait(until: now.advanced(by: .milliseconds(125))))
  }
}

@Suite("What a beacon does to hear of the others in etcd")
struct EtcdViewTests {
  private var view = EtcdView(from: [1])
  private let now = MonotonicInstant.start.advanced(by: .seconds(100))

  @Test("It reads page by page of one revision, and goes on from there")
  mutating func pages() {
    #expect(view.isAtStart)
    expect(view.next(at: now), .read(from: [1], revision: nil))
    expect(view.read(upTo: [1, 5], of: 40), false)
    #expect(!view.isAtStart)
    expect(view.next(at: now), .read(from: [1, 5, 0], revision: 40))
    expect(view.read(upTo: nil, of: 44), true)
    expect(view.next(at: now), .watch(from: 41))
    expect(view.watchBegan(at: 44), true)
    view.heard(upTo: 43)
    view.heard(upTo: 42)
    view.failed(random: 0, at: now)
    expect(view.next(at: now), .wait(until: now.advanced(by: .milliseconds(125))))
    expect(view.next(at: now.advanced(by: .milliseconds(125))), .watch(from: 44))
  }

  @Test("All is read anew where the past isn't kept, or is another one")
  mutating func past() {
    expect(view.read(upTo: nil, of: 40), true)
    expect(view.watchBegan(at: 39), false)
    expect(view.next(at: now), .read(from: [1], revision: nil))
    expect(view.read(upTo: nil, of: 3), true)
    expect(view.watchBegan(at: 3), true)
    view.startOver()
    #expect(view.isAtStart)
    // In the middle of it, too.
    expect(view.read(upTo: [1, 5], of: 40), false)
    view.startOver()
    expect(view.next(at: now), .read(from: [1], revision: nil))
  }
}

@Suite("etcd's keys, values and URLs")
struct EtcdKeysTests {
  private let keys = EtcdKeys()

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test("Keys say what they are about")
  func subjects() {
    #expect(text(keys.member(0xA1_B200)) == "/pilot/beacons/00a1b200")
    #expect(text(keys.nodes(0xFFF, of: 7)) == "/pilot/beacons/00000007/nodes/0fff")
    #expect(text(keys.end) == "/pilot/beacons0")
    #expect(keys.subject(of: keys.member(0xA1_B200)) == .member(0xA1_B200))
    #expect(keys.subject(of: keys.nodes(0xFFF, of: 7)) == .nodes(bucket: 0xFFF, of: 7))
    for key in [
      "", "/pilot/beacons/", "/pilot/beacons/7", "/pilot/beacons/0000000g", "/pilot/beacons/00000007/", "/pilot/nodes",
      "/pilot/beacons/00000007/nodes", "/pilot/beacons/00000007/nodes/1000", "/pilot/beacons/00000007/nodes/001",
      "/pilot/beacons/00000007/nodes/0001/", "/pilot/beacons/00000007/codes/0001", "/pilot/beacons/000000070",
    ] { #expect(keys.subject(of: Array(key.utf8)) == nil, "\(key)") }
  }

  @Test("Keys begin as they may, and no cluster's are another one's")
  func prefixes() {
    for good in ["/pilot", "/pilot-staging", "/a/b.c/D_9"] { #expect(EtcdKeys.isPrefix(good), "\(good)") }
    let long = "/" + String(repeating: "x", count: 64)
    for bad in ["", "/", "pilot", "/pilot/", "//pilot", "/pi lot", "/pil\u{f6}t", "/a//b", long] {
      #expect(!EtcdKeys.isPrefix(bad), "\(bad)")
    }
    let (one, other) = (EtcdKeys(prefix: "/pilot"), EtcdKeys(prefix: "/pilot-staging"))
    #expect(one.subject(of: other.member(7)) == nil && other.subject(of: one.member(7)) == nil)
    #expect(other.subject(of: other.member(7)) == .member(7))
  }

  @Test("A beacon's own key goes both ways")
  func member() throws {
    let member = try #require(ClusterMember(beaconID: 7, epoch: .max, endpoint: .test(1)))
    let value = EtcdKeys.value(of: member, beat: 3)
    let read = EtcdKeys.member(7, value)
    #expect(read?.member == member)
    #expect(read?.beat == 3)
    #expect(text(value).contains(#""udp":"10.0.0.1:4000","epoch":"ffffffffffffffff""#))
    for broken in [
      "", "{}", #"{"v":2,"udp":"10.0.0.1:4000","epoch":"1"}"#, #"{"v":1,"udp":"10.0.0.1","epoch":"1"}"#,
      #"{"v":1,"udp":"10.0.0.1:0","epoch":"1"}"#, #"{"v":1,"udp":"10.0.0.1:1","epoch":"x"}"#,
      #"{"v":1,"udp":"10.0.0.1:1"}"#, #"{"v":1,"udp":"beacon.example:1","epoch":"1"}"#,
    ] { #expect(EtcdKeys.member(7, Array(broken.utf8)) == nil, "\(broken)") }
    #expect(EtcdKeys.member(0, value) == nil)
    let keyed = try #require(ClusterMember(beaconID: 7, epoch: 1, endpoint: .test(1), fingerprint: 0xFF))
    let said = EtcdKeys.value(of: keyed, beat: 3)
    #expect(text(said).contains(#""secret":"00000000000000ff""#))
    #expect(EtcdKeys.member(7, said)?.member == keyed)
  }

  @Test("URLs")
  func urls() throws {
    #expect(try EtcdURL(parsing: "http://127.0.0.1").description == "http://127.0.0.1:2379")
    #expect(try EtcdURL(parsing: "https://[2001:db8::1]:9/").description == "https://[2001:db8::1]:9")
    #expect(try EtcdURL(parsing: "https://etcd.example").isSecure)
    for text in ["", "etcd.example:2379", "ftp://a", "http://", "http://a/b", "http://a:0", "http://user:secret@a"] {
      let error = #expect(throws: TransportError.self) { try EtcdURL(parsing: text) }
      #expect(error?.message.contains("secret") == false)
    }
  }

  @Test("Answers are read as etcd writes them")
  func answers() throws {
    func read<Answer: Decodable>(_ type: Answer.Type, _ json: String) -> Answer? {
      EtcdAnswer.read(type, Array(json.utf8))
    }
    let header = #""header":{"cluster_id":"1","member_id":"2","revision":"12","raft_term":"3"}"#
    #expect(
      read(EtcdAnswer.Grant.self, #"{\#(header),"ID":"7587848390288838","TTL":"15"}"#)?.id == 7_587_848_390_288_838)
    #expect(read(EtcdAnswer.Kept.self, #"{"result":{\#(header),"ID":"7","TTL":"15"}}"#)?.result.seconds == 15)
    #expect(read(EtcdAnswer.Kept.self, #"{"result":{\#(header),"ID":"7"}}"#)?.result.seconds == 0)
    #expect(read(EtcdAnswer.Written.self, #"{\#(header),"succeeded":true}"#)?.succeeded == true)
    #expect(read(EtcdAnswer.Written.self, #"{\#(header)}"#)?.succeeded == nil)
    let page = read(
      EtcdAnswer.Page.self, #"{\#(header),"kvs":[{"key":"YQ==","mod_revision":"9","value":"Yg=="}],"more":true}"#)
    #expect(page?.header.revision == 12)
    #expect(page?.kvs?.first?.key == [0x61])
    #expect(page?.kvs?.first?.value == [0x62])
    #expect(page?.more == true)
    let watched = read(
      EtcdAnswer.Watched.self,
      #"{"result":{\#(header),"events":[{"kv":{"key":"YQ==","mod_revision":"9"}},{"type":"DELETE","kv":{"key":"YQ=="}}]}}"#
    )
    #expect(watched?.result?.events?.map(\.type) == [nil, "DELETE"])
    #expect(watched?.result?.events?.first?.kv.revision == 9)
    #expect(watched?.result?.isCompacted == false)
    #expect(
      read(EtcdAnswer.Watched.self, #"{"result":{\#(header),"canceled":true,"compact_revision":"5"}}"#)?.result?
        .isCompacted == true)
    // Numbers that there is nothing before, or nothing behind.
    let numbers = ["-1", "\(Int64.min)", "\(Int64.max)", "1.5", "9e3"].map { #"{"header":{"revision":"\#($0)"}}"# }
    for broken in ["", "[]", #"{"header":{"revision":12}}"#, #"{\#(header),"kvs":[{"key":"?"}]}"#] + numbers {
      #expect(read(EtcdAnswer.Page.self, broken) == nil, "\(broken)")
    }
    #expect(EtcdError("404: etcdserver: requested lease not found", code: 5).isLeaseGone)
    #expect(EtcdError("400: etcdserver: mvcc: required revision has been compacted", code: 11).isCompacted)
  }
}

@Suite("Whether what a beacon writes to etcd gets there")
struct EtcdTellingTests {
  private var telling = EtcdTelling(patience: .seconds(15), at: .start)

  private static func at(_ seconds: Int) -> MonotonicInstant { .start.advanced(by: .seconds(seconds)) }

  @Test("All of it is there when each part is")
  mutating func parts() {
    expect(telling.written(.nodes), false)
    expect(telling.written(.beacon), true)
    telling.failed(.nodes)
    // The beacon's own key gets there, its nodes' don't.
    expect(telling.written(.beacon), false)
    expect(telling.written(.nodes), true)
  }

  @Test("Who has had no answer for long is cut off, whatever stands")
  mutating func silence() {
    #expect(!telling.isCutOff(at: .start.advanced(by: .milliseconds(14_999))))
    #expect(telling.isCutOff(at: Self.at(15)))
    telling.answered(at: Self.at(20))
    telling.failed(.beacon)
    #expect(!telling.isCutOff(at: Self.at(34)))
    #expect(telling.isCutOff(at: Self.at(35)))
  }
}
