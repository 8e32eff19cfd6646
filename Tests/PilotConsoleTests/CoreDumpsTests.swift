import Testing

@testable import PilotConsole

/// In processes of their own: what is forbidden stays so.
@Suite("Core dumps")
struct CoreDumpsTests {
  @Test("A process that forbids them may write none, whatever the limit")
  func forbidden() async {
    await #expect(processExitsWith: .success) {
      #expect(CoreDumps.forbid())
      #if os(Linux)
        #expect(!CoreDumps.areAllowed)
      #endif
    }
  }
}
