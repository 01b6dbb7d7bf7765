#pragma once

#include <string>

namespace lvtino {

/// A line on the error stream that says how far a long job is. Silent unless that stream is a
/// terminal.
class Progress {
 public:
  explicit Progress(bool enabled = true);
  ~Progress();

  /// Redraws the line; `fraction` in [0, 1].
  void show(double fraction, const std::string& what);
  /// Removes the line.
  void clear();

 private:
  bool enabled_;
  bool drawn_ = false;
};

}  // namespace lvtino
