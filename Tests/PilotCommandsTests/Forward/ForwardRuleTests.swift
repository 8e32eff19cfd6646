import PilotConsole
import PilotTransport
import PilotWire
import Testing

@testable import PilotCommands

@Suite("what is to be forwarded")
struct ForwardRuleTests {
  @Test("a local port leads to a node's, in both ways of writing it")
  func local() throws {
    let rule = try ForwardRule(local: "127.0.0.1:5353", target: "7:53")
    #expect(rule.local == .loopback(port: 5_353) && rule.peer.rawValue == 7 && rule.port == 53)
    #expect(try ForwardRule(option: "127.0.0.1:5353=7:53") == rule)
    #expect(try ForwardRule(option: "[::]:0=4294967295:65535").local == .any(port: 0))
  }

  @Test(
    "what is none is refused as wrong usage",
    arguments: [
      ("127.0.0.1", "7:53"), ("127.0.0.1:99999", "7:53"), ("::1:53", "7:53"), ("127.0.0.1:53", "7"),
      ("127.0.0.1:53", "7:0"), ("127.0.0.1:53", "0:53"), ("127.0.0.1:53", "7:65536"), ("127.0.0.1:53", "7:053"),
      ("127.0.0.1:53", "7:53:1"), ("127.0.0.1:53", "7: 53"), ("127.0.0.1:53", "-7:53"), ("", ""),
    ])
  func refused(_ local: String, _ target: String) {
    let error = #expect(throws: CommandFailure.self) { try ForwardRule(local: local, target: target) }
    #expect(error?.status == .usage && error?.hint != nil)
  }

  @Test("a served port leads to a service, by name or address")
  func served() throws {
    let rule = try ServeRule(parsing: "53=127.0.0.1:5353")
    #expect(rule.port == 53 && rule.host == "127.0.0.1" && rule.servicePort == 5_353)
    #expect(try ServeRule(parsing: "51820=vpn.example:51820").host == "vpn.example")
    let six = try ServeRule(parsing: "1=[2001:db8::1]:2")
    #expect(six.host == "2001:db8::1" && six.service == "[2001:db8::1]:2")
    for text in ["53", "53=127.0.0.1", "0=127.0.0.1:1", "53=127.0.0.1:0", "65536=a:1", "=a:1", "53=:1", "53=a b:1"] {
      let error = #expect(throws: CommandFailure.self, "\(text)") { try ServeRule(parsing: text) }
      #expect(error?.status == .usage)
    }
  }

  @Test("rules that can't be together, or none at all, are refused")
  func rules() throws {
    let local = try ForwardRule(local: "127.0.0.1:5353", target: "7:53")
    let anyPort = try ForwardRule(local: "127.0.0.1:0", target: "7:53")
    let served = try ServeRule(parsing: "53=127.0.0.1:53")
    #expect(try ForwardRules(local: [local, anyPort, anyPort], served: [served]).allowed == nil)
    #expect(
      try ForwardRules(local: [], served: [served], allow: ["7,9", "11"]).allowed?.map(\.rawValue).sorted() == [
        7, 9, 11,
      ])
    #expect(try ForwardRules(local: [local, anyPort], served: []).peers.map(\.rawValue) == [7])
    #expect(throws: CommandFailure.self) { try ForwardRules(local: [], served: []) }
    #expect(throws: CommandFailure.self) { try ForwardRules(local: [local, local], served: []) }
    #expect(throws: CommandFailure.self) { try ForwardRules(local: [], served: [served, served]) }
    #expect(throws: CommandFailure.self) { try ForwardRules(local: [local], served: [], allow: ["7"]) }
    for allow in ["", "7,", "x", "0", "7 9"] {
      #expect(throws: CommandFailure.self, "\(allow)") { try ForwardRules(local: [], served: [served], allow: [allow]) }
    }
  }
}
