import { DOORS, PURE, ROOMS, SQLITE, TESTS, TEST_PACKAGES } from './rooms.mjs';

const LOCAL = '^(functions|shared|\\.ci|docs|terraform)/';
const escape = (text) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const packagePath = (name) => `(^|/)node_modules/${escape(name)}/`;

function roomRules() {
  const rules = [];
  const taken = [];
  for (const room of ROOMS) {
    const own = room.own ?? (room.files.includes('/([^/]+)/') ? '^functions/$1/' : room.files);
    const allowed = [own, ...room.may];
    const comment = `${room.name} may import only what its row in .ci/imports/rooms.mjs lists`;
    const product = { path: room.files, pathNot: [...taken, TESTS.files] };
    rules.push(error(`room-${room.name}`, product, allowed, comment));
    // Rows that name single files have no tests of their own: those belong to the folder's row.
    if (!room.files.endsWith('$')) {
      const extra = room.files.startsWith('^functions') ? TESTS.functions : TESTS.shared;
      const tests = {
        path: `${room.files}.*${TESTS.files}`,
        pathNot: taken.filter((files) => !files.endsWith('$')),
      };
      rules.push(error(`tests-${room.name}`, tests, [...allowed, ...extra], comment));
    }
    taken.push(room.files);
  }
  return rules;
}

function error(name, from, allowed, comment) {
  return { name, severity: 'error', comment, from, to: { path: LOCAL, pathNot: allowed } };
}

function doorRules() {
  const doors = Object.entries(DOORS).map(([name, files]) => ({
    name: `door-${name.replaceAll(/[@/]/g, '-').replace(/^-/, '')}`,
    severity: 'error',
    comment: `${name} has one door: ${files}`,
    from: { path: LOCAL, pathNot: [files] },
    to: { path: packagePath(name) },
  }));
  const listed = [...Object.keys(DOORS), ...TEST_PACKAGES].map(packagePath);
  return [
    ...doors,
    {
      name: 'door-unlisted',
      severity: 'error',
      comment: 'give the package a door in .ci/imports/rooms.mjs and a line in docs/decisions/0002',
      from: { path: '^(functions|shared)/' },
      to: { path: '(^|/)node_modules/', pathNot: listed },
    },
    {
      name: 'door-test-packages',
      severity: 'error',
      comment: 'only tests and shared/testing use test packages',
      from: { path: '^(functions|shared)/', pathNot: [TESTS.files, '^shared/testing/'] },
      to: { path: TEST_PACKAGES.map(packagePath) },
    },
    {
      name: 'door-sqlite',
      severity: 'error',
      comment: 'node:sqlite belongs to the embedded adapters',
      from: { path: '^(functions|shared)/', pathNot: [SQLITE, TESTS.files] },
      to: { path: '^(node:)?sqlite$' },
    },
    {
      name: 'pure-rooms',
      severity: 'error',
      comment: 'contracts, runs and policy do no I/O',
      from: { path: PURE.files, pathNot: [TESTS.files] },
      to: { dependencyTypes: ['core'], pathNot: [PURE.builtins] },
    },
  ];
}

function generalRules() {
  return [
    {
      name: 'testing-stays-in-tests',
      severity: 'error',
      comment: 'shared/testing and test files are for tests and bench',
      from: {
        path: '^(functions|shared)/',
        pathNot: [TESTS.files, '^shared/testing/', '^functions/bench/'],
      },
      to: { path: ['^shared/testing/', TESTS.files] },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'cut the cycle: move what both need below them',
      from: { path: '^(functions|shared)/' },
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      comment: 'the file or package does not exist',
      from: {},
      to: { couldNotResolve: true },
    },
  ];
}

export const RULES = [...roomRules(), ...doorRules(), ...generalRules()];
