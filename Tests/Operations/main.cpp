// Every operation of the C face of libtorch once, on small fixed inputs, with its numbers.
//
//   libtorch-operations         prints them, a line each: the name, the tolerance, the numbers
//   libtorch-operations FILE    compares with such lines and prints what differs; exits with 1 if something
//                               does, with 70 if an operation fails
//
// The lines in numbers.tsv were written with the version that the project is built with. A libtorch of
// another version is taken if it gives the same ones, within what kernels may differ in
// (scripts/check-libtorch).
#include "Recorder.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

namespace operations {
namespace {
std::vector<Record> all() {
    Recorder recorder;
    arithmetic(recorder);
    shapes(recorder);
    layers(recorder);
    training(recorder);
    return std::move(recorder.records);
}

std::string line(const Record &record) {
    std::ostringstream text;
    text << record.name << '\t' << record.tolerance;
    char number[32];
    for (double value : record.values) {
        std::snprintf(number, sizeof number, "\t%.9g", value);
        text << number;
    }
    return text.str();
}

std::map<std::string, Record> parse(const std::string &text) {
    std::map<std::string, Record> records;
    std::istringstream lines(text);
    for (std::string row; std::getline(lines, row);) {
        std::istringstream cells(row);
        Record record;
        std::string cell;
        std::getline(cells, record.name, '\t');
        std::getline(cells, cell, '\t');
        record.tolerance = std::strtod(cell.c_str(), nullptr);
        while (std::getline(cells, cell, '\t')) {
            record.values.push_back(std::strtod(cell.c_str(), nullptr));
        }
        records[record.name] = record;
    }
    return records;
}

bool differs(double a, double b, double tolerance) {
    if (std::isnan(a) || std::isnan(b) || std::isinf(a) || std::isinf(b)) {
        return !(a == b || (std::isnan(a) && std::isnan(b)));
    }
    return std::fabs(a - b) > tolerance * std::fmax(1, std::fabs(b)) + 1e-8 * std::fabs(b);
}

/// What a result differs in; empty if in nothing.
std::string difference(const Record &found, const std::map<std::string, Record> &expected) {
    const auto place = expected.find(found.name);
    if (place == expected.end()) {
        return "there is no number for it";
    }
    const auto &values = place->second.values;
    if (values.size() != found.values.size()) {
        return std::to_string(found.values.size()) + " numbers, expected " + std::to_string(values.size());
    }
    for (size_t index = 0; index < values.size(); ++index) {
        if (differs(found.values[index], values[index], place->second.tolerance)) {
            char text[96];
            std::snprintf(text, sizeof text, "%.9g, expected %.9g", found.values[index], values[index]);
            return text;
        }
    }
    return "";
}

std::string differences(const std::string &reference) {
    auto expected = parse(reference);
    std::string report;
    for (const auto &record : all()) {
        const std::string text = difference(record, expected);
        if (!text.empty()) {
            report += record.name + ": " + text + "\n";
        }
        expected.erase(record.name);
    }
    for (const auto &left : expected) {
        report += left.first + ": is not tried\n";
    }
    return report;
}

} // namespace
} // namespace operations

int main(int count, char **arguments) {
    try {
        if (count == 1) {
            for (const auto &record : operations::all()) {
                std::puts(operations::line(record).c_str());
            }
            return 0;
        }
        std::ifstream file(arguments[1]);
        std::ostringstream text;
        if (!file || !(text << file.rdbuf())) {
            std::fprintf(stderr, "%s: cannot be read\n", arguments[1]);
            return 66;
        }
        const std::string report = operations::differences(text.str());
        std::fputs(report.c_str(), stdout);
        return report.empty() ? 0 : 1;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 70;
    }
}
