#include "validation/law_table.hpp"

#include <algorithm>
#include <iomanip>

namespace lvtino {

void print_laws(std::ostream& out, const std::vector<LawReport>& laws) {
  std::size_t subject = 7, law = 3;
  for (const LawReport& row : laws)
    subject = std::max(subject, row.subject.size()), law = std::max(law, row.law.size());
  out << std::left << std::setw(6) << "" << std::setw(int(subject) + 2) << "subject"
      << std::setw(int(law) + 2) << "law" << std::setw(11) << "residual" << std::setw(11) << "bound"
      << "witness\n";
  for (const LawReport& row : laws)
    out << std::setw(6) << (row.passed ? "pass" : "FAIL") << std::setw(int(subject) + 2)
        << row.subject << std::setw(int(law) + 2) << row.law << std::scientific
        << std::setprecision(2) << std::setw(11) << row.residual << std::setw(11) << row.bound
        << std::defaultfloat << row.witness << "\n";
}

}  // namespace lvtino
