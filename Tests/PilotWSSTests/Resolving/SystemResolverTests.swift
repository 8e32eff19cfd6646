import PilotTesting
import Foundation
import PilotWire
import Synchronization
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct SystemResolverTests {
  /// A name server that answers when it is let.
  private final class Gate: Sendable {
    let asked = Atomic<Int>(0)
    private let open = DispatchSemaphore(value: 0)

    func resolver(capacity: Int) -> SystemResolver {
      SystemResolver(capacity: capacity) { _ in
        self.asked.add(1, ordering: .relaxed)
        self.open.wait()
        return .success([.loopback(port: 0)])
      }
    }

    func letAnswer(_ count: Int) { for _ in 0..<count { open.signal() } }
  }

  @Test func `who asks the same meanwhile waits for the same answer, on no further thread`() async throws {
    let gate = Gate()
    let resolver = gate.resolver(capacity: 2)
    let answers = Watched(0)
    for _ in 0..<20 { resolver.lookUp("a.test", .ipv4) { _ in answers.update { $0 += 1 } } }
    gate.letAnswer(1)
    try await answers.wait { $0 == 20 }
    #expect(gate.asked.load(ordering: .relaxed) == 1)
    gate.letAnswer(1)
    resolver.lookUp("a.test", .ipv4) { _ in answers.update { $0 += 1 } }
    try await answers.wait { $0 == 21 }
    #expect(gate.asked.load(ordering: .relaxed) == 2, "an answer isn't kept")
  }

  @Test func `beyond the capacity a question fails at once, and the next one has the place again`() async throws {
    let gate = Gate()
    let resolver = gate.resolver(capacity: 2)
    let answers = Watched<[Bool]>([])
    let note: HostResolver.Completion = { answer in answers.update { $0.append((try? answer.get()) != nil) } }
    resolver.lookUp("a.test", .ipv4, completion: note)
    resolver.lookUp("a.test", .ipv6, completion: note)
    resolver.lookUp("b.test", .ipv4, completion: note)
    #expect(answers.value == [false])
    gate.letAnswer(2)
    try await answers.wait { $0.count == 3 }
    gate.letAnswer(1)
    resolver.lookUp("b.test", .ipv4, completion: note)
    try await answers.wait { $0 == [false, true, true, true] }
  }

  /// An address with a zone has getaddrinfo(3) ask nobody.
  @Test func `what the system finds keeps its zone`() throws {
    #if os(Linux)
      let found = try SystemResolver.ask(.init(host: "fe80::1%lo", family: .ipv6)).get()
      #expect(found == [Endpoint(high: 0xFE80 << 48, low: 1, scope: 1, port: 0)])
    #endif
  }

  @Test func `an address asks nobody, and is of one family`() {
    let gate = Gate()
    let resolver = gate.resolver(capacity: 0)
    let answers = Mutex<[[Endpoint]]>([])
    for host in ["192.0.2.1", "2001:db8::1"] {
      for family in AddressFamily.allCases {
        resolver.lookUp(host, family) { answer in answers.withLock { $0.append((try? answer.get()) ?? []) } }
      }
    }
    #expect(answers.withLock { $0.map { $0.map(\.addressText) } } == [[], ["192.0.2.1"], ["2001:db8::1"], []])
    #expect(gate.asked.load(ordering: .relaxed) == 0)
  }
}
