import PilotTesting
import PilotWire
import Testing

@testable import PilotTunnel

@Suite("Which addresses a node probes")
struct SurroundingsTests {
  private static func surroundings(_ beacon: String?) throws -> Surroundings {
    Surroundings(
      own: [try Endpoint(parsing: "198.51.100.7:4000")], beacon: try beacon.map { try Endpoint(parsing: $0) })
  }

  @Test(
    "none where no peer can be",
    arguments: [
      "0.0.0.0:4000", "0.1.2.3:4000", "224.0.0.1:4000", "239.255.255.250:1900", "255.255.255.255:4000",
      "240.0.0.1:4000",
      "169.254.169.254:4000", "[::]:4000", "[ff02::1]:4000", "[fe80::1]:4000", "[64:ff9b::1]:4000", "203.0.113.1:0",
    ])
  func nowhere(text: String) throws {
    for beacon in [nil, "127.0.0.1:9001", "192.168.1.1:9001", "198.51.100.1:9001"] {
      for origin in [CandidateOrigin.named, .commanded, .heard] {
        #expect(try !Self.surroundings(beacon).allows(Endpoint(parsing: text), from: origin))
      }
    }
  }

  @Test("loopback only if the beacon is there", arguments: ["127.0.0.1:4000", "127.9.9.9:4000", "[::1]:4000"])
  func loopback(text: String) throws {
    for origin in [CandidateOrigin.named, .commanded, .heard] {
      #expect(try Self.surroundings("127.0.0.1:9001").allows(Endpoint(parsing: text), from: origin))
      for beacon in [nil, "192.168.1.1:9001", "198.51.100.1:9001"] {
        #expect(try !Self.surroundings(beacon).allows(Endpoint(parsing: text), from: origin))
      }
    }
  }

  @Test(
    "a site's from the peer, and from the beacon only if it is of a site",
    arguments: ["10.1.2.3:4000", "172.31.0.1:4000", "192.168.0.1:4000", "100.64.0.1:4000", "[fd00::1]:4000"])
  func site(text: String) throws {
    let endpoint = try Endpoint(parsing: text)
    for beacon in [nil, "127.0.0.1:9001", "192.168.1.1:9001", "198.51.100.1:9001"] {
      #expect(try Self.surroundings(beacon).allows(endpoint, from: .named))
      #expect(try Self.surroundings(beacon).allows(endpoint, from: .heard))
    }
    #expect(try Self.surroundings("192.168.1.1:9001").allows(endpoint, from: .commanded))
    #expect(try Self.surroundings("127.0.0.1:9001").allows(endpoint, from: .commanded))
    #expect(try !Self.surroundings("198.51.100.1:9001").allows(endpoint, from: .commanded))
    #expect(try !Self.surroundings(nil).allows(endpoint, from: .commanded))
  }

  @Test(
    "any that the whole network reaches",
    arguments: ["203.0.113.1:4000", "172.32.0.1:4000", "100.128.0.1:1024", "[2001:db8::1]:4000"])
  func world(text: String) throws {
    for origin in [CandidateOrigin.named, .commanded, .heard] {
      #expect(try Self.surroundings("198.51.100.1:9001").allows(Endpoint(parsing: text), from: origin))
    }
  }

  @Test("not the beacon's, not its own, no server's before something came from there")
  func exceptions() throws {
    let surroundings = try Self.surroundings("198.51.100.1:9001")
    for text in ["198.51.100.1:9001", "198.51.100.7:4000"] {
      #expect(try !surroundings.allows(Endpoint(parsing: text), from: .heard))
    }
    let server = try Endpoint(parsing: "203.0.113.1:53")
    #expect(!surroundings.allows(server, from: .named))
    #expect(!surroundings.allows(server, from: .commanded))
    #expect(surroundings.allows(server, from: .heard))
  }
}
