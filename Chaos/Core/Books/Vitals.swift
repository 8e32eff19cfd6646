/// What a process takes of its machine.
package struct Vitals: Sendable, Equatable, Codable {
  /// Resident memory, in bytes.
  package var residentBytes: Int
  package var threads: Int
  package var descriptors: Int

  package init(residentBytes: Int, threads: Int, descriptors: Int) {
    self.residentBytes = residentBytes
    self.threads = threads
    self.descriptors = descriptors
  }

  /// Reads `/proc/PID/status` (proc_pid_status(5)).
  package init?(status text: String, descriptors: Int) {
    var numbers: [Substring: Int] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard words.count >= 2 else { continue }
      numbers[words[0]] = Int(words[1])
    }
    guard let kilobytes = numbers["VmRSS:"], let threads = numbers["Threads:"] else { return nil }
    self.init(residentBytes: kilobytes * 1_024, threads: threads, descriptors: descriptors)
  }

  /// The datagrams and segments that the kernel dropped before any socket saw them: the second column, in hexadecimal, of
  /// each processor's line in `/proc/net/softnet_stat`.
  package static func backlogDrops(softnetStat text: String) -> Int {
    text.split(separator: "\n").reduce(0) { sum, line in
      let words = line.split(separator: " ")
      return sum + (words.count > 1 ? Int(words[1], radix: 16) ?? 0 : 0)
    }
  }
}
