#include "validation/law.hpp"

#include <algorithm>
#include <iomanip>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

bool is_worse(const LawReport& a, const LawReport& b) {
  if (a.passed != b.passed) return !a.passed;
  return a.residual * b.bound > b.residual * a.bound;
}

}  // namespace

LawReport judged(std::string subject, std::string law, double residual, double bound,
                 std::string witness) {
  return {.subject = std::move(subject),
          .law = std::move(law),
          .residual = residual,
          .bound = bound,
          .passed = residual <= bound,
          .witness = std::move(witness)};
}

void WorstLaws::add(const std::string& subject, LawReport law) {
  law.subject = subject;
  auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& r) {
    return r.worst.subject == law.subject && r.worst.law == law.law;
  });
  if (row == rows_.end()) row = rows_.insert(rows_.end(), Row{.worst = law});
  ++row->checks;
  if (!law.passed) ++row->failures, ++failures_;
  if (is_worse(law, row->worst)) row->worst = std::move(law);
}

std::vector<LawReport> WorstLaws::rows() const {
  std::vector<LawReport> out;
  for (const Row& row : rows_) {
    out.push_back(row.worst);
    const std::string failed = row.failures ? text(row.failures, " of ", row.checks, " failed: ")
                                            : text(row.checks, " checks; ");
    out.back().witness = failed + row.worst.witness;
  }
  return out;
}

void print_laws(std::ostream& out, const std::vector<LawReport>& laws) {
  std::size_t subject = 16, law = 3;
  for (const LawReport& row : laws)
    subject = std::max(subject, row.subject.size()), law = std::max(law, row.law.size());
  const int first = int(subject) + 2, second = int(law) + 2;
  out << std::left << std::setw(first) << "operator or prox" << std::setw(second) << "law"
      << std::setw(11) << "residual" << std::setw(11) << "bound" << std::setw(9) << "verdict"
      << "witness\n";
  for (const LawReport& row : laws)
    out << std::setw(first) << row.subject << std::setw(second) << row.law << std::scientific
        << std::setprecision(2) << std::setw(11) << row.residual << std::setw(11) << row.bound
        << std::defaultfloat << std::setw(9) << (row.passed ? "pass" : "FAIL") << row.witness
        << "\n";
}

}  // namespace lvtino
