#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace lvtino {

/// The outcome of checking one mathematical law on one subject.
struct LawReport {
  std::string subject;  ///< what was checked
  std::string law;      ///< the law's name
  double residual;      ///< how far from it, scaled by the operands
  double bound;         ///< how far is allowed
  bool passed;
  std::string witness;  ///< where the residual was found
};

/// Passed if residual <= bound: false for not-a-number.
LawReport judged(std::string subject, std::string law, double residual, double bound,
                 std::string witness);

/// Of many checks of one subject, by law: the worst of each, that is a failure before anything that
/// passed, then the largest residual for its bound. `rows` are in the order in which the laws first
/// came.
class WorstLaws {
 public:
  /// Files `law` under `subject`, whatever it calls its own.
  void add(const std::string& subject, LawReport law);
  /// The witness begins with the number of checks.
  std::vector<LawReport> rows() const;
  int failures() const { return failures_; }

 private:
  struct Row {
    LawReport worst;
    int checks = 0, failures = 0;
  };
  std::vector<Row> rows_;
  int failures_ = 0;
};

/// One row a law: operator or prox, law, residual, bound, verdict, witness.
void print_laws(std::ostream& out, const std::vector<LawReport>& laws);

}  // namespace lvtino
