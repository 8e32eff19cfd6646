/// What a process takes of its machine.
package struct Vitals: Sendable, Equatable, Codable {
  /// Resident memory, in bytes.
  package var residentBytes: Int
  /// Threads that somebody has started on purpose.
  package var threads: Int
  /// Threads of the language runtime's pool, which come with work and go when they have been idle for some seconds.
  package var pooledThreads: Int
  package var descriptors: Int

  package init(residentBytes: Int, threads: Int, pooledThreads: Int, descriptors: Int) {
    self.residentBytes = residentBytes
    self.threads = threads
    self.pooledThreads = pooledThreads
    self.descriptors = descriptors
  }

  /// Reads what the kernel says of a process.
  ///
  /// - Parameters:
  ///   - text: `/proc/PID/status` (proc_pid_status(5)).
  ///   - threadNames: Each thread's `comm`. Those of libdispatch's pool end with a quality of service, after which they may
  ///     say `overcommit`.
  package init?(status text: String, threadNames: [String], descriptors: Int) {
    var kilobytes: Int?
    for line in text.split(separator: "\n") where line.hasPrefix("VmRSS:") {
      let words = line.split { $0 == " " || $0 == "\t" }
      kilobytes = words.count == 3 && words[2] == "kB" ? Int(words[1]) : nil
    }
    guard let kilobytes else { return nil }
    let pooled = threadNames.count { $0.hasSuffix("-qos") || $0.hasSuffix("-qos.overcommit") }
    self.init(
      residentBytes: kilobytes * 1_024, threads: threadNames.count - pooled, pooledThreads: pooled,
      descriptors: descriptors)
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
